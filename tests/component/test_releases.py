"""Months become final on the real broker: once, whatever is killed; read back, restated, and written anew the same."""

import hashlib
import json
import signal
from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Final

import pytest

from contracts import topics
from contracts.envelope import Envelope
from contracts.events import intake
from contracts.events.reporting import Release, ReleasePublished, ReleaseRestated
from contracts.words import BenefitKind, Currency, Money
from services.reporting.release.document import read
from services.reporting.release.telling import Key, Told
from services.reporting.release.verify import verify
from services.runtime.decision import Message
from services.runtime.replay import replay
from services.runtime.settings import Settings
from tests.component.reporting_page_world import TIMES, told_often
from tests.component.reporting_world import ReportingWorld
from tests.component.reporting_year import counted
from tests.component.runtime.world import until
from tests.conftest import NewDatabase

FIRST, SECOND = date(2002, 4, 28), date(2002, 4, 29)
FINAL = [f"2001-{month:02}" for month in range(3, 13)]
"""Months that are final by the end of April 2002: the first registration was in March 2001."""
MATURED: Final = "2001-07"
"""On 1 May 2002 half a year and three months for the answers are over since its end."""


@pytest.fixture
async def world(broker: str, new_database: NewDatabase) -> AsyncIterator[ReportingWorld]:
    made = ReportingWorld(broker, await new_database())
    await made.prepare()
    yield made
    await made.close()


async def begin(world: ReportingWorld) -> list[Message]:
    """A year of 63 people is told; the next day that starts is SECOND."""
    messages = list(told_often())
    await world.day(FIRST)
    await world.tell(messages)
    await world.start()
    await until(lambda: heard(world, len(messages) + 1), what="the year in the books")
    return messages


async def heard(world: ReportingWorld, records: int) -> bool:
    return await world.heard() >= records


async def start_day(world: ReportingWorld, day: date) -> None:
    await world.day(day)
    await until(lambda: is_today(world, day), what=f"{day} in reporting")


async def is_today(world: ReportingWorld, day: date) -> bool:
    return await world.today() == day


async def go_on(world: ReportingWorld, day: date, last: date) -> None:
    """One day after the other, the last included."""
    while day < last:
        day += timedelta(days=1)
        await world.day(day)
    await until(lambda: is_today(world, last), what=f"{last} in reporting")


async def told(world: ReportingWorld, releases: int) -> list[tuple[Envelope, Release]]:
    """What the topic holds, once there are so many."""
    await until(lambda: is_published(world, releases), what=f"{releases} releases")
    return [
        (envelope, event) for envelope, event in await world.published(topics.RELEASE) if isinstance(event, Release)
    ]


async def is_published(world: ReportingWorld, releases: int) -> bool:
    ends = await world.ends(topics.RELEASE)
    return sum(ends.values()) >= releases


def late(messages: list[Message], day: date, persons: int) -> list[Message]:
    """So many people who were registered and on benefit since `day`, as intake tells it afterwards."""
    one = next(m for m in messages if isinstance(m.event, intake.ClientRegistered))
    found = []
    for number in range(persons):
        person = f"00000000-0000-4000-8000-{number:012}"
        registered = one.event.model_copy(update={"person_id": person, "occurred_on": day})
        benefit = intake.BenefitStarted(
            person_id=person,
            occurred_on=day,
            benefit_id=f"00000000-0000-4000-9000-{number:012}",
            kind=BenefitKind.HLU,
            monthly=Money(minor=50000, currency=Currency.DEM),
        )
        for sequence, event in enumerate((registered, benefit), 1):
            found.append(Message(topics.PERSON, event, person, f"late/{person}/{sequence}", sequence))
    return found


def recipients(month: str) -> int:
    """The city's, counted by hand."""
    return TIMES * sum(row["recipients"] for (of, _), row in counted().items() if of == month)


def settings_of(world: ReportingWorld, monkeypatch: pytest.MonkeyPatch) -> Settings:
    for name, value in world.environment.items():
        monkeypatch.setenv(name, value)
    return Settings(service="reporting")


async def file_of(world: ReportingWorld, month: str, query: str = "") -> tuple[str, str]:
    answer = await world.http.get(f"{world.replicas[-1].url}/releases/{month}.json{query}")
    assert answer.status_code == 200, answer.text
    return answer.text, answer.headers["etag"].strip('"')


async def test_a_month_is_final_when_a_day_starts_three_months_after_its_end(world: ReportingWorld) -> None:
    await begin(world)
    await start_day(world, SECOND)
    found = await told(world, len(FINAL))

    assert [event.month for _, event in found] == FINAL
    assert {envelope.sequence for envelope, _ in found} == {1}
    assert all(isinstance(event, ReleasePublished) for _, event in found)
    await go_on(world, SECOND, date(2002, 5, 1))
    later = await told(world, len(FINAL) + 2)
    assert [event.month for _, event in later[len(FINAL) :]] == ["2002-01", MATURED]

    for _, event in found:
        text, tag = await file_of(world, event.month, "?version=1")
        assert event.digest == tag == hashlib.sha256(text.encode()).hexdigest()
        assert json.loads(text)["release"]["offsets"] == event.offsets
    document = read((await file_of(world, "2001-12"))[0])
    assert document.lines[Key("recipients", "", "", document.offices)] == Told(recipients("2001-12"), 1)
    assert (await world.http.get(f"{world.replicas[-1].url}/releases/2001-12.csv")).text == document.csv()
    assert (await world.get("/releases/2002-02"))[0] == 404
    status, listed = await world.get("/releases")
    assert (status, listed["waiting"]) == (200, {"months": [], "parked": 0})


async def test_what_is_told_later_is_a_restatement_and_the_release_stays(world: ReportingWorld) -> None:
    messages = await begin(world)
    await start_day(world, SECOND)
    await told(world, len(FINAL))
    before = await file_of(world, "2001-12")
    await world.tell(late(messages, date(2001, 12, 1), 9))
    await go_on(world, SECOND, date(2002, 5, 1))

    found = await told(world, len(FINAL) + 3)
    restated = [(envelope.sequence, event.month) for envelope, event in found if isinstance(event, ReleaseRestated)]
    assert restated == [(2, MATURED), (2, "2001-12")]
    assert await file_of(world, "2001-12", "?version=1") == before
    after = read((await file_of(world, "2001-12"))[0])
    city, by_hand = Key("recipients", "", "", after.offices), recipients("2001-12")
    assert (read(before[0]).lines[city], after.lines[city]) == (Told(by_hand, 1), Told(by_hand + 9, 2))


async def test_a_change_by_two_persons_is_not_told(world: ReportingWorld) -> None:
    messages = await begin(world)
    await start_day(world, SECOND)
    await world.tell(late(messages, date(2001, 12, 1), 2))
    await go_on(world, SECOND, date(2002, 5, 1))

    assert [event.month for _, event in await told(world, len(FINAL) + 2)] == [*FINAL, "2002-01", MATURED]


async def test_killed_while_it_publishes_every_month_is_released_once(world: ReportingWorld) -> None:
    await begin(world)
    first = world.replicas[-1]
    first.signal(signal.SIGTERM)
    await first.ended()
    for point in ("summary:1", "fired:1"):
        dying = await world.start(ready=False, LOTSE_FAIL=point)
        if point == "summary:1":
            await world.day(SECOND)
        assert await dying.ended() == -signal.SIGKILL
    await world.start()
    await until(lambda: is_today(world, SECOND), what="the day")
    await go_on(world, SECOND, date(2002, 4, 30))

    assert [event.month for _, event in await told(world, len(FINAL))] == FINAL


async def test_nothing_is_released_while_a_message_is_not_applied_and_later_it_is(world: ReportingWorld) -> None:
    messages = await begin(world)
    poisoned = messages[0]
    await world.put(poisoned.topic, poisoned.subject.encode(), b"{}", [("ce_id", b"x")])
    await until(lambda: is_parked(world), what="the parked person")
    await start_day(world, SECOND)

    assert sum((await world.ends(topics.RELEASE)).values()) == 0
    assert (await world.get("/releases"))[1]["waiting"] == {"months": FINAL, "parked": 1}
    held = (await world.http.get(f"{world.replicas[-1].url}/progress")).json()["held"]
    assert "wait for a redrive" in held

    await world.db.execute("delete from parked_record; delete from parked_subject")  # as a redrive leaves it
    await start_day(world, SECOND + timedelta(days=1))
    assert [event.month for _, event in await told(world, len(FINAL))] == FINAL
    assert (await world.http.get(f"{world.replicas[-1].url}/progress")).json()["held"] is None


async def is_parked(world: ReportingWorld) -> bool:
    found: int = await world.db.fetchval("select count(*) from parked_subject")
    return found == 1


async def test_written_anew_from_the_topics_every_version_has_the_same_bytes(
    world: ReportingWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    messages = await begin(world)
    await start_day(world, SECOND)
    await told(world, len(FINAL))
    await world.tell(late(messages, date(2001, 12, 1), 9))
    await go_on(world, SECOND, date(2002, 5, 1))
    await told(world, len(FINAL) + 3)
    await world.tell(late(messages, date(2001, 12, 2), 20)[18:])  # after every release: in none of them
    settings = settings_of(world, monkeypatch)

    found = await verify(settings, [MATURED, "2001-12"])

    assert [(one.month, one.version, one.identical) for one in found] == [
        (MATURED, 1, True),
        (MATURED, 2, True),
        ("2001-12", 1, True),
        ("2001-12", 2, True),
    ]


async def test_a_rebuilt_service_has_its_releases_from_their_topic(
    world: ReportingWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    await begin(world)
    await start_day(world, SECOND)
    await told(world, len(FINAL))
    before = await file_of(world, "2001-12")
    running = world.replicas[-1]
    running.signal(signal.SIGTERM)
    await running.ended()
    await world.db.execute("truncate release_version, ledger")
    answer = await replay("reporting", settings_of(world, monkeypatch), restore=True)
    assert answer["restored"]

    await world.start()
    await start_day(world, SECOND + timedelta(days=1))
    assert await file_of(world, "2001-12") == before
    assert [event.month for _, event in await told(world, len(FINAL))] == FINAL


async def test_tables_by_one_thing_more_and_outcomes_when_they_can_be_known(world: ReportingWorld) -> None:
    """Counted by hand (reporting_year.txt), each seven times: what a month's release tells of the city, and what its
    restatement adds."""
    await begin(world)
    await start_day(world, SECOND)
    await told(world, len(FINAL))
    first = read((await file_of(world, MATURED))[0])
    assert first.notes == ("cohorts_not_matured", "later_law")
    assert not any(key.dimension.startswith("after") for key in first.lines)
    await go_on(world, SECOND, date(2002, 5, 1))
    await told(world, len(FINAL) + 2)
    second = read((await file_of(world, MATURED))[0])

    assert second.notes == ("cohorts_not_matured", "outcomes_unknown", "later_law")
    added = second.lines.keys() - first.lines.keys()
    assert {(key.figure, key.dimension) for key in added} == {("integrations", "after_6_months")}
    document = read((await file_of(world, "2001-12"))[0])
    assert document.agencies == ("arbeitsamt", "bremer-arbeit")
    for key, found in document.lines.items():
        if (
            key.dimension
            and key.dimension != "department"
            and (key.figure, key.dimension) != ("integrations", "agency")
        ):
            whole = document.lines[Key(key.figure, "", "", key.offices)].number
            parts = [
                one
                for one in document.lines
                if (one.figure, one.dimension, one.offices) == (key.figure, key.dimension, key.offices)
            ]
            shared = key.dimension == "agency" and key.figure in {"placements", "other_placements"}
            assert shared or whole == sum(document.lines[one].number for one in parts), (key, found)
    assert {key.dimension for key in document.lines} >= {"", "sex", "ability"}
