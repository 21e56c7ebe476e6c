"""One whole check: reads the topics once, gives them to the audit, then compares databases and figures with it."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import asyncpg

from contracts import topics
from contracts.topics import Layout, Topic
from lotse.asking import DoesNotAnswer, Operator, Refused, ask
from lotse.check.audit import Audit
from lotse.check.databases import connected, read_heard, read_ledger
from lotse.check.figures import compare_figures, months_between
from lotse.check.findings import Findings, Kind, number
from lotse.check.ledgers import ConsumerLedger, SourceLedger, compare_day, compare_offsets, compare_outbox
from lotse.check.quiet import Busy, Moment, look, quiet
from lotse.check.reading import CannotRead, Log
from lotse.refusal import Refusal
from lotse.settings import SERVICES, Settings
from lotse.stack.home import Home, Installation, configured

ATTEMPTS: Final = 3
MONTHS: Final = 120
"""Reporting tells of so many months at once."""


@dataclass(frozen=True, slots=True)
class City:
    """What is checked."""

    settings: Settings
    installation: Installation
    agencies: tuple[str, ...]

    @property
    def layout(self) -> Layout:
        found = self.installation
        return Layout(person=found.partitions_person, partner=found.partitions_partner)


def city_of(settings: Settings) -> City:
    """The installation in LOTSE_HOME. Raises `CannotRead`."""
    home = Home(settings.home)
    installation = home.read()
    if installation is None:
        raise CannotRead(
            f"Nothing was ever started in {home.path}.", remedy="LOTSE_HOME names the folder of an installation."
        )
    try:
        city = configured(settings)
        home.require(installation, city, settings)
    except Refusal as refusal:
        raise CannotRead(refusal.what, remedy=refusal.remedy) from None
    return City(settings, installation, city.agency_ids)


async def compare(city: City, *, patience: float, operator: Operator | None) -> Findings:
    """Everything but replays. `operator` None: reporting is not asked. Raises `CannotRead` and `Busy`."""
    async with AsyncExitStack() as stack:
        log = await stack.enter_async_context(Log(city.settings.kafka_address, city.layout))
        databases = {
            service: await stack.enter_async_context(connected(city.settings, city.installation, service))
            for service in SERVICES
        }
        for _ in range(ATTEMPTS):
            comparison = Comparison(city, log, databases)
            before = await quiet(log, databases, city.agencies, patience=patience)
            await comparison.run(before, operator)
            if await look(log, databases, city.agencies) == before:
                return comparison.findings
    raise Busy("The city moved while it was compared.", remedy="Stop what feeds it and check again.")


class Comparison:
    def __init__(self, city: City, log: Log, databases: Mapping[str, asyncpg.Connection]) -> None:
        self.findings = Findings()
        self._city, self._log, self._databases = city, log, databases

    async def run(self, moment: Moment, operator: Operator | None) -> None:
        audit = Audit(self.findings, heard=await read_heard(self._databases["reporting"]))
        order = audit.order(self._city.agencies)
        begins = await self._log.begins(order)
        for topic in order:
            audit.begin(topic, begins[topic.name])
            await self._read(audit, topic, moment)
        await self._ledgers(audit, moment)
        self._stands(audit, moment)
        self._answers(audit, moment)
        self._rules(audit, moment)
        await self._figures(audit, operator)
        await self._kinds(moment)

    async def _kinds(self, moment: Moment) -> None:
        """What never occurred, and how much went aside; the identity topic's records are nobody's to read here."""
        kinds, identity = self.findings.kinds, topics.IDENTITY
        kinds.count(identity.events[0], sum(end for (topic, _), end in moment.ends.items() if topic == identity.name))
        kinds.dead_letters = await self._dead_letters()
        if absent := kinds.absent():
            self.findings.notes.append(
                f"{len(absent)} of {len(kinds)} kinds of message never came: {', '.join(absent)}"
            )

    async def _dead_letters(self) -> dict[str, int]:
        letters = [topic for topic in topics.all_topics(self._city.agencies) if topic.consumers == ("operator",)]
        begins, found = await self._log.begins(letters), Counter[str]()
        for (topic, partition), end in (await self._log.ends(letters)).items():
            found[topic] += end - begins[topic][partition]
        return {topic: count for topic, count in sorted(found.items()) if count}

    async def _read(self, audit: Audit, topic: Topic, moment: Moment) -> None:
        async for batch in self._log.records(topic, moment.ends):
            for record in batch:
                audit.take(topic, record)
        audit.close(topic)

    async def _ledgers(self, audit: Audit, moment: Moment) -> None:
        """Every sequenced topic against its producer's ledger and each consumer's."""
        for seen in audit.sequences.values():
            topic = seen.topic
            if topic.producer in self._databases:
                source = SourceLedger(seen, self.findings)
                async for subject, last in read_ledger(self._databases[topic.producer], topic.name):
                    source.row(subject, last)
                self.findings.row(f"{topic.producer} sent {topic.name}", source.close(), Kind.SOURCE)
            for service in topic.consumers:
                if service in self._databases and service != topic.producer and topic.name != topics.DAY.name:
                    queued = moment.stands[service].queued.get(topic.name, {})
                    consumer = ConsumerLedger(service, seen, self.findings, queued)
                    async for subject, last in read_ledger(self._databases[service], topic.name):
                        consumer.row(subject, last)
                    self.findings.row(f"{service} heard {topic.name}", consumer.close(), Kind.CONSUMER)

    def _stands(self, audit: Audit, moment: Moment) -> None:
        partitions = 0
        for service, stand in moment.stands.items():
            partitions += compare_offsets(stand, moment.ends_of(service, self._city.agencies), self.findings)
            compare_outbox(stand, self.findings)
            compare_day(stand, audit.last_day, self.findings)
            if stand.parked:
                words = (
                    f"{number(len(stand.parked), 'clients')} parked, {number(sum(stand.parked.values()), 'records')}"
                )
                self.findings.notes.append(f"{service}: {words} waiting (lotse dlq list --service {service})")
        services = number(len(moment.stands), "services")
        self.findings.row("stored offsets", f"{number(partitions, 'partitions')}: next offset = end", Kind.OFFSET)
        self.findings.row("outboxes", f"{services}: empty", Kind.OUTBOX)
        self.findings.row("business day", f"{services}: {audit.last_day or 'none'}", Kind.DAY)

    def _answers(self, audit: Audit, moment: Moment) -> None:
        stand, words = moment.stands["referrals"], []
        for agency, answers in audit.answers.items():
            queued = {(partition, offset) for topic, partition, offset in stand.places if topic == answers.topic}
            since = audit.answered_since(agency)
            words.append(f"{agency}: {answers.close(today=stand.today, queued=queued, since=since)}")
        kinds = (Kind.UNANSWERED, Kind.ANSWERED_TWICE, Kind.HELD, Kind.ANSWER)
        self.findings.row("answers to agencies", "; ".join(words), *kinds)

    def _rules(self, audit: Audit, moment: Moment) -> None:
        parked = frozenset(subject for stand in moment.stands.values() for subject in stand.parked)
        today = moment.stands["referrals"].today
        self.findings.row("readable", "every record of ours is a message of its topic", Kind.UNREADABLE, Kind.LOG_CUT)
        self.findings.row("moves of referrals", f"{number(audit.referrals.moves, 'moves')}: legal", Kind.MOVE)
        self.findings.row("protection gate", audit.referrals.close_gate(audit.people), Kind.PROTECTED)
        opened = audit.referrals.close_open(audit.people, today=today, parked=parked)
        self.findings.row("one open a client and agency", opened, Kind.TWINS, Kind.STILL_OPEN)
        self.findings.row("one open case a client", number(audit.books.case_count, "cases"), Kind.CASES)
        self.findings.row("paid once a month", number(audit.books.payments, "payments"), Kind.PAID_TWICE)

    async def _figures(self, audit: Audit, operator: Operator | None) -> None:
        name, today, books = "reporting's figures", audit.last_day, audit.books
        books.canonical = audit.people.canonical()
        if operator is None:
            self.findings.not_compared(name, "reporting was not asked (--no-figures)")
            return
        if today is None or books.first_day is None:
            self.findings.row(name, "nobody was registered yet", Kind.FIGURE)
            return
        months = months_between(books.first_day, today)[-MONTHS:]
        try:
            told = await asyncio.to_thread(_told, self._city.settings, operator, months)
        except DoesNotAnswer as error:
            self.findings.not_compared(name, f"{error.what} Start it, or check with --no-figures.")
        except Refused as error:
            self.findings.not_compared(name, error.what)
        else:
            count = self._compare_told(audit, told, months, today)
            period = f"{months[0]} to {months[-1]}"
            self.findings.row(name, f"{number(count, 'figures')} of {period}", Kind.FIGURE)

    def _compare_told(self, audit: Audit, told: dict[str, Any], months: Sequence[str], today: date) -> int:
        count, by_month = 0, {one["month"]: one["city"] or {} for one in told["months"]["months"]}
        for month in months:
            ours = audit.books.month(month, today)
            count += compare_figures(f"reporting: {month}", by_month.get(month, {}), ours, self.findings)
        states = {state: found for state, found in (told["report"]["referrals"] or {}).items() if found}
        theirs = told["report"] | {"referrals": states}
        ours = {
            "clients_registered": audit.books.registered(today),
            "referrals": audit.referrals.by_state(today),
            "events": audit.folded,
        }
        return count + compare_figures(f"reporting: {today}", theirs, ours, self.findings)


def _told(settings: Settings, operator: Operator, months: Sequence[str]) -> dict[str, Any]:
    """What reporting says of these months, and of today."""
    period = f"from={months[0]}&to={months[-1]}"
    return {
        "months": ask(settings, "reporting", f"/months?{period}", operator=operator),
        "report": ask(settings, "reporting", f"/report?{period}&month={months[-1]}", operator=operator),
    }


def refused(error: Refusal) -> dict[str, Any]:
    """For programs: why nothing could be compared."""
    return {"clean": False, "error": error.what, "remedy": error.remedy}
