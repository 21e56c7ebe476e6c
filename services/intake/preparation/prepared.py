"""What every lookup works with."""

from collections.abc import Sequence

import asyncpg

from services.intake.domain.commands import Command
from services.runtime.decision import Refusal

Prepared = Command | Refusal
"""A command, or the refusal in place of one that cannot be carried out."""

_LEADS = """
with recursive lead(named, person_id) as (
  select n, n from unnest($1::text[]) as n
  union select l.named, a.canonical from lead l join alias a on a.subject = l.person_id)
select named, person_id from lead where not exists (select from alias where subject = lead.person_id)"""
"""Whom merged ids lead to."""


async def leads(db: asyncpg.Connection, named: Sequence[str]) -> dict[str, str]:
    """Whom each of these ids leads to."""
    return {row[0]: row[1] for row in await db.fetch(_LEADS, sorted(set(named)))} if named else {}
