"""An erasure does not wait behind a message that could not be applied: the subject is erased and its queue worked off.

Nothing of ours in that queue can matter to whom there is no more, so it is heard and leaves nothing; an agency's
records get their answers.
"""

from collections.abc import Collection
from datetime import date

import asyncpg

from contracts.event import Erasure
from services.runtime.decision import S
from services.runtime.inbound import Decoded, Inbound, decode, sequence_of
from services.runtime.runtime import Runtime
from services.runtime.telemetry import fault, log
from services.runtime.tracing import Spans
from services.runtime.unit import Unit
from services.runtime.waiting import QUEUE, queued


async def let_go(
    runtime: Runtime[S],
    db: asyncpg.Connection,
    subjects: Collection[str],
    *,
    today: date,
    behind: frozenset[str],
    spans: Spans,
) -> None:
    """In the transaction that has queued the erasures."""
    found = [decode(runtime, queued(row)) for row in await db.fetch(QUEUE, sorted(subjects))]
    ours = [one for one in found if one.topic.agency is None]
    theirs = [one for one in found if one.topic.agency is not None]
    unit = Unit(runtime, db, today=today, behind=behind, spans=spans)
    await unit.open(
        {name for one in ours for name in one.names} | set(subjects),
        heard={(one.topic.name, one.subject) for one in ours if one.subject and one.topic.sequenced},
        only_known={name for one in theirs for name in one.names},
    )
    inbound = Inbound(runtime, unit)
    for one in sorted(ours, key=lambda one: not _erases(one)) + theirs:
        try:
            inbound.settle(one) if one in theirs else _hear(unit, one)
        except Exception as error:  # whatever it was that could not be applied matters no more
            log().warning("left behind by an erasure", topic=one.record.topic, reason=fault(error))
        if one in ours and one.subject:
            unit.count(one.topic, one.subject, sequence_of(one.record) or 0)
    await unit.close()
    await db.execute("delete from parked_record where subject = any($1)", sorted(subjects))
    await db.execute("delete from parked_subject where subject = any($1)", sorted(subjects))


def _erases(one: Decoded) -> bool:
    return one.message is not None and isinstance(one.message.event, Erasure)


def _hear(unit: Unit[S], one: Decoded) -> None:
    if one.message is not None:
        unit.hear(one.message, names=one.names)
