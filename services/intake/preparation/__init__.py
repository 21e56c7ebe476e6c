"""What commands must know before their targets can be named, looked up for a whole chunk in its own transaction.

Locks are taken in one order (identities, identity keys, household numbers, households, each sorted), before those of
the states, so that chunks that meet wait for each other and never in a circle.
"""

from collections.abc import Sequence

import asyncpg

from services.intake.domain import registration
from services.intake.domain.commands import Command, Register
from services.intake.preparation.ages import ages
from services.intake.preparation.households import households
from services.intake.preparation.identities import identities
from services.intake.preparation.others import others
from services.intake.preparation.payments import payments
from services.intake.preparation.prepared import Prepared
from services.intake.preparation.relatives import relatives
from services.runtime.decision import Context, Refusal


async def prepare(db: asyncpg.Connection, commands: Sequence[Command], context: Context) -> list[Prepared]:
    """The same commands, completed; a refusal in place of one that cannot be."""
    found: list[Prepared] = [_checked(command, context) for command in commands]
    found = await identities(db, found, context)
    found = await households(db, found, context)
    found = await relatives(db, found)
    found = await others(db, found)
    found = await ages(db, found)
    return await payments(db, found)


def _checked(command: Command, context: Context) -> Prepared:
    """A registration that will be refused anyway reserves no id."""
    if isinstance(command, Register):
        try:
            registration.check(command, context)
        except Refusal as refusal:
            return refusal
    return command
