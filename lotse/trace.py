"""`lotse trace`: everything the topics say of one referral, in business time. No name, no address, no text."""

import asyncio
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from typing import Annotated

import typer
from aiokafka import ConsumerRecord
from aiokafka.partitioner import murmur2

from contracts import topics
from contracts.events import intake
from contracts.topics import PARTNER_RETENTION_DAYS, Topic, partner_in, partner_out
from contracts.words import is_uuid
from lotse.check.comparing import city_of
from lotse.check.reading import Ends, Log
from lotse.home_asked import Demo, asked
from lotse.refusal import Refusal
from lotse.served import served
from lotse.settings import Settings
from lotse.steps import Step, in_order, step_of


class UnknownReferral(Refusal):
    """No topic knows it."""


def register(app: typer.Typer) -> None:
    app.command("trace")(trace)


def trace(
    referral_id: Annotated[str, typer.Argument(help="A referral's id.")],
    *,
    payments: Annotated[bool, typer.Option("--payments", help="Payments to the client too.")] = False,
    demo: Demo = False,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Follow a referral over all topics, in business time: intake, casework, referrals, and both ways with agencies.

    Exit codes: 0 told · 1 no topic knows the referral · 3 the broker cannot be read.
    """
    steps, gone = asyncio.run(_trace(asked(demo=demo), referral_id, payments=payments))
    if as_json:
        typer.echo(json.dumps([asdict(step) for step in steps], indent=2))
    else:
        _print(steps)
    if gone:
        typer.echo(f"Oldest records gone by retention, {PARTNER_RETENTION_DAYS} days: {', '.join(gone)}.", err=True)


async def _trace(settings: Settings, referral_id: str, *, payments: bool) -> tuple[list[Step], list[str]]:
    async with served(settings) as there:
        city = city_of(there)
        async with Log(city.settings.kafka_address, city.layout) as log:
            return await follow(log, city.agencies, referral_id, payments=payments), await forgotten(log, city.agencies)


async def forgotten(log: Log, agencies: Sequence[str]) -> list[str]:
    """The agencies' topics that no longer have their oldest records."""
    ways = [way(agency) for agency in agencies for way in (partner_in, partner_out)]
    return sorted(name for name, begins in (await log.begins(ways)).items() if any(begins.values()))


async def follow(log: Log, agencies: Sequence[str], referral_id: str, *, payments: bool) -> list[Step]:
    """Every record about a referral and its client that is still there, in business time. Raises `UnknownReferral`."""
    ends = await log.ends(topics.event_topics(agencies))
    person = await _client(log, ends, referral_id) if is_uuid(referral_id) else None
    if person is None:
        raise UnknownReferral(
            f"No topic knows a referral {referral_id}.",
            remedy="GET /referrals of the service referrals lists them.",
        )
    found = await _of_client(log, ends, person, referral_id)
    for agency in agencies:
        found += await _with_agency(log, ends, agency, referral_id)
    told = (step for step in found if payments or step.type != intake.BenefitPaid.type_name())
    return in_order(told)


async def _client(log: Log, ends: Ends, referral_id: str) -> str | None:
    """Whose referral it is."""
    needle = referral_id.encode()
    for topic in (topics.REFERRAL, topics.CASE):
        async for batch in log.records(topic, ends):
            for record in batch:
                named = record.value is not None and needle in record.value
                step = step_of(topic, record, referral_id) if named else None
                if step is not None and step.about and record.key:
                    return record.key.decode()
    return None


async def _of_client(log: Log, ends: Ends, person: str, referral_id: str) -> list[Step]:
    """The client's own records: all of intake's, and those of casework and referrals that name no other referral."""
    partition = murmur2(person.encode()) & 0x7FFFFFFF
    found: list[Step] = []
    for topic in (topics.PERSON, topics.CASE, topics.REFERRAL):
        async for batch in log.records(topic, ends, only={partition % len(log.places(topic))}):
            found += _steps(topic, (r for r in batch if r.key == person.encode()), referral_id)
    return found


async def _with_agency(log: Log, ends: Ends, agency: str, referral_id: str) -> list[Step]:
    """Both ways with an agency: under the referral's id, whatever partition the agency's client chose."""
    found: list[Step] = []
    for topic in (partner_in(agency), partner_out(agency)):
        async for batch in log.records(topic, ends):
            found += _steps(topic, (r for r in batch if r.key == referral_id.encode()), referral_id)
    return found


def _steps(topic: Topic, records: Iterable[ConsumerRecord], referral_id: str) -> Iterator[Step]:
    for record in records:
        if (step := step_of(topic, record, referral_id)) is not None:
            yield step


def _print(steps: Sequence[Step]) -> None:
    lines = [
        (
            step.on,
            "" if step.learned in {None, step.on} else f"told {step.learned}",
            f"{step.topic}/{step.partition}@{step.offset}",
            str(step.sequence or ""),
            step.type.removeprefix("lotse."),
            _short(step.id),
            f"by {_short(step.causation)}" if step.causation else "",
            " ".join(f"{name}={value}" for name, value in step.facts.items()),
        )
        for step in steps
    ]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)][:-1]
    for line in lines:
        typer.echo("  ".join(f"{cell:<{width}}" for cell, width in zip(line, [*widths, 0], strict=True)).rstrip())
    typer.echo(f"{len(steps)} records. An id is shortened to its first 8 characters; --json has all of it.")


def _short(identifier: str | None) -> str:
    return (identifier or "")[:8]
