"""The topic registry: for every topic its key, partitions, retention, size, producer, consumers and message types.

Provisioning, services, documents and tests read it; nothing else names a topic.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Final, get_args

from pydantic import ValidationError

from contracts.event import Event
from contracts.events import calendar, casework, intake, partners, referrals, reporting

MAX_PARTNER_BODY: Final = 256 * 1024
"""Bytes; a partner's larger body is refused with `too_large`, although its topic accepts 1 MiB."""
MEBIBYTE: Final = 1024 * 1024
DAY_MS: Final = 24 * 60 * 60 * 1000
COMPACTION_LAG_MS: Final = DAY_MS
"""What a tombstone erases leaves the disk within a day of the partition's next record, not whenever it is worth it."""
PARTNER_RETENTION_DAYS: Final = 30
SERVICES: Final = ("intake", "casework", "referrals", "reporting")


class Undecodable(ValueError):
    """A record's value is no message of its topic. `code` is a `RejectionCode`; the text names fields, never
    contents."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code


class Width(StrEnum):
    """How many partitions a topic has. Person topics share one number, so that a client is at the same place in all."""

    PERSON = "person"
    PARTNER = "partner"
    SINGLE = "single"


@dataclass(frozen=True, slots=True)
class Layout:
    """Partitions by width, fixed at an installation's first start."""

    person: int = 12
    partner: int = 3
    single: int = 1

    def partitions(self, width: Width) -> int:
        if width is Width.PERSON:
            return self.person
        return self.partner if width is Width.PARTNER else self.single


@dataclass(frozen=True)
class Topic:
    """`sequenced`: records carry a dense sequence per subject and dense offsets, so that a loss is found."""

    name: str
    key: str
    width: Width
    producer: str
    consumers: tuple[str, ...]
    events: tuple[type[Event], ...] = ()
    sequenced: bool = True
    compacted: bool = False
    retention_days: int | None = None
    max_bytes: int = MEBIBYTE
    max_body: int = MEBIBYTE
    personal: bool = False
    """Dead letters of it may hold personal data: they are kept 30 days, all others for ever."""
    agency: str | None = None

    def partitions(self, layout: Layout) -> int:
        return layout.partitions(self.width)

    @property
    def config(self) -> dict[str, str]:
        """The topic's Kafka settings."""
        return {
            "cleanup.policy": "compact" if self.compacted else "delete",
            "retention.ms": str(-1 if self.retention_days is None else self.retention_days * DAY_MS),
            "max.message.bytes": str(self.max_bytes),
            "message.timestamp.type": "LogAppendTime",  # of which day a record is, no sender's clock says
            **({"max.compaction.lag.ms": str(COMPACTION_LAG_MS)} if self.compacted else {}),
        }

    @cached_property
    def models(self) -> dict[str, type[Event]]:
        """Message types by `ce_type`."""
        return {event.type_name(): event for event in self.events}

    def decode(self, type_name: str, value: bytes | None) -> Event:
        """The message, upcast to its newest version. Raises `Undecodable`, also for a number in quotes: types are
        strict."""
        if value is None:
            raise Undecodable("malformed", "the record has no value")
        if len(value) > self.max_body:
            raise Undecodable("too_large", f"{len(value)} bytes, at most {self.max_body} are accepted")
        model = self.models.get(type_name)
        if model is None:
            raise Undecodable("unknown_type", f"{self.name} has no such message type")
        try:
            return model.model_validate_json(value, strict=True).upcast()
        except ValidationError as error:
            found = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'body'}: {e['type']}" for e in error.errors()[:5])
            raise Undecodable("malformed", found) from None

    def dead_letters(self, service: str) -> "Topic":
        """Where `service` puts records of this topic that it cannot apply: their untouched bytes, the reason in
        headers."""
        return Topic(
            name=f"{self.name}.{service}.dlq",
            key=self.key,
            width=Width.SINGLE,
            producer=service,
            consumers=("operator",),
            sequenced=False,
            retention_days=PARTNER_RETENTION_DAYS if self.personal else None,
            max_bytes=2 * MEBIBYTE,
            max_body=2 * MEBIBYTE,
        )


def _members(union: object) -> tuple[type[Event], ...]:
    members: tuple[type[Event], ...] = get_args(union)
    return members


PERSON: Final = Topic(
    "intake.person.v1",
    "person_id",
    Width.PERSON,
    "intake",
    ("casework", "referrals", "reporting"),
    _members(intake.IntakePersonEvent),
)
IDENTITY: Final = Topic(
    "intake.identity.v1",
    "person_id",
    Width.PERSON,
    "intake",
    ("casework", "referrals"),
    (intake.IdentityRecorded,),
    sequenced=False,
    compacted=True,
    personal=True,
)
CASE: Final = Topic(
    "casework.case.v1",
    "person_id",
    Width.PERSON,
    "casework",
    ("referrals", "reporting"),
    _members(casework.CaseworkEvent),
)
REFERRAL: Final = Topic(
    "referrals.referral.v1",
    "person_id",
    Width.PERSON,
    "referrals",
    ("casework", "reporting"),
    _members(referrals.ReferralsEvent),
)
DAY: Final = Topic(
    "calendar.day.v1",
    "the word `day`",
    Width.SINGLE,
    "calendar",
    ("intake", "casework", "referrals", "reporting", "agencies"),
    (calendar.DayStarted,),
)
RELEASE: Final = Topic(
    "reporting.release.v1",
    "month",
    Width.SINGLE,
    "reporting",
    ("public",),  # reporting reads it back only when it is rebuilt
    _members(reporting.ReportingEvent),
    max_bytes=2 * MEBIBYTE,  # two-way tables of forty offices
    max_body=2 * MEBIBYTE,
)
CITY: Final = (PERSON, IDENTITY, CASE, REFERRAL, DAY, RELEASE)


def partner_out(agency: str) -> Topic:
    """What the city tells `agency`."""
    return Topic(
        f"partners.{agency}.out.v1",
        "referral_id, or an announcement's service",
        Width.PARTNER,
        "referrals",
        (f"agency:{agency}",),
        _members(partners.CityMessage),
        retention_days=PARTNER_RETENTION_DAYS,
        personal=True,
        agency=agency,
    )


def partner_in(agency: str) -> Topic:
    """What `agency` tells the city. Read by referrals alone; others learn of it from `referrals.referral.v1`.

    What it says lives on there, so the records themselves go as soon as those that answer them.
    """
    return Topic(
        f"partners.{agency}.in.v1",
        "referral_id, or an announcement's service",
        Width.PARTNER,
        f"agency:{agency}",
        ("referrals",),
        _members(partners.PartnerMessage),
        sequenced=False,
        retention_days=PARTNER_RETENTION_DAYS,
        max_body=MAX_PARTNER_BODY,
        personal=True,
        agency=agency,
    )


def event_topics(agencies: Sequence[str]) -> tuple[Topic, ...]:
    """Every topic that carries messages, in a city with these partner agencies."""
    return (*CITY, *(topic for agency in agencies for topic in (partner_out(agency), partner_in(agency))))


def consumed_by(service: str, agencies: Sequence[str]) -> tuple[Topic, ...]:
    return tuple(topic for topic in event_topics(agencies) if service in topic.consumers)


def all_topics(agencies: Sequence[str]) -> tuple[Topic, ...]:
    """Every topic to provision, with the dead-letter topics of each consuming service."""
    events = event_topics(agencies)
    return (*events, *(t.dead_letters(service) for t in events for service in t.consumers if service in SERVICES))
