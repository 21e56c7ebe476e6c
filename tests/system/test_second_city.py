"""Neuwerder lives from its configuration alone: other offices, days and deadlines than Bremen's, and a third agency."""

import asyncio
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
import pytest_asyncio

from contracts import topics
from contracts.city import read_city
from contracts.topics import Layout, all_topics
from lotse.asking import Operator, ask
from lotse.check.comparing import city_of
from lotse.check.reading import CannotRead, Log
from lotse.provision import admin, existing
from lotse.served import served
from lotse.settings import Settings
from lotse.stack.ports import PARTS, free_ports

DEPLOY: Final = Path(__file__).parents[2] / "deploy"
BREMEN: Final = read_city(DEPLOY / "bremen")
NEUWERDER: Final = read_city(DEPLOY / "neuwerder")
THIRD: Final = "kreishandwerkerschaft"
UNTIL: Final = "2001-06-18"
PLAY: Final = ("--scale", "0.05", "--from", "2001-04-30", "--until", UNTIL, "--json")
PATIENCE_SECONDS: Final = 300


@dataclass(frozen=True, slots=True)
class Told:
    """A record, as text: whatever a reader of the topic could see."""

    topic: str
    key: str
    headers: dict[str, str]
    value: dict[str, Any]

    @property
    def kind(self) -> str:
        return self.headers.get("ce_type", "").split(".")[-2]

    def strings(self) -> Iterator[str]:
        """Every text in it."""
        yield from (self.topic, self.key, *self.headers.values())
        yield from _strings(self.value)


def _strings(part: Any) -> Iterator[str]:
    match part:
        case str():
            yield part
        case dict():
            for name, value in part.items():
                yield from (name, *_strings(value))
        case list():
            for value in part:
                yield from _strings(value)


@dataclass(frozen=True, slots=True)
class Lived:
    """The year's report, and the installation that it left, its servers and reporting running."""

    folder: Path
    report: dict[str, Any]
    there: Settings
    records: list[Told]

    def figures(self, office: str | None = None) -> dict[str, Any]:
        of = f"&office={office}" if office else ""
        path = f"/report?from=2001-04&to={UNTIL[:7]}&month={UNTIL[:7]}{of}"
        found: dict[str, Any] = ask(self.there, "reporting", path, operator=Operator("test", "second city"))
        return found


async def _records(there: Settings) -> list[Told]:
    """Everything in every topic, dead letters too."""
    wanted = all_topics(NEUWERDER.agency_ids)
    async with Log(there.kafka_address, city_of(there).layout) as log:
        ends = await log.ends(wanted)
        return [_told(record) for topic in wanted async for batch in log.records(topic, ends) for record in batch]


def _told(record: Any) -> Told:
    headers = {name: value.decode() for name, value in record.headers}
    return Told(record.topic, record.key.decode(), headers, json.loads(record.value or b"{}"))


def _lotse(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    own = {"LOTSE_HOME": str(folder / "home"), "LOTSE_CONFIG": str(DEPLOY / "neuwerder")}
    return subprocess.run(
        [sys.executable, "-c", "from lotse.cli import main; main()", *arguments],
        cwd=folder,
        env=os.environ | own | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lived(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Lived]:
    folder = tmp_path_factory.mktemp("neuwerder")
    ports = {f"LOTSE_{part.upper()}_PORT": str(port) for part, port in zip(PARTS, free_ports(len(PARTS)), strict=True)}
    told = await asyncio.to_thread(_lotse, folder, "demo", *PLAY, **ports)
    assert told.returncode == 0, told.stderr
    settings = Settings(home=folder / "home" / "demo", config=DEPLOY / "neuwerder", fsync=False)
    async with served(settings, "reporting") as there:
        yield Lived(folder, json.loads(told.stdout), there, await _records(there))


@pytest.mark.asyncio(loop_scope="module")
class TestNeuwerder:
    async def test_its_clients_are_in_its_three_centres(self, lived: Lived) -> None:
        centres = [office.id for office in NEUWERDER.offices if office.kind == "sozialzentrum"]
        found = {office.id: lived.figures(office.id)["recipients"] for office in NEUWERDER.offices}
        assert len(centres) == 3
        assert all(found[centre] for centre in centres)
        assert sum(found[centre] for centre in centres) == lived.figures()["recipients"] == lived.report["recipients"]

    async def test_the_third_agency_had_referrals_and_its_results_are_in_the_report(self, lived: Lived) -> None:
        records = lived.records
        offered = Counter(one.value["agency"] for one in records if one.kind == "ReferralRequested" and _ours(one))
        assert set(offered) == set(NEUWERDER.agency_ids)
        agency_of = {
            one.value["placement_id"]: one.value["agency"] for one in records if one.kind == "PlacementReported"
        }
        placed = Counter(agency_of[one.value["placement_id"]] for one in records if one.kind == "PlacementConfirmed")
        assert placed[THIRD]
        assert lived.report["placements"] == placed.total()

    async def test_its_own_deadlines_hold(self, lived: Lived) -> None:
        records = lived.records
        reminded = {one.value["day"] for one in records if one.kind == "ReferralReminded" and _ours(one)}
        assert reminded
        assert reminded <= set(NEUWERDER.deadlines.reminders)

    async def test_nothing_of_bremens_is_in_any_topic(self, lived: Lived) -> None:
        theirs = {name for office in BREMEN.offices for name in (office.id, office.name)} | BREMEN.districts
        theirs |= {name for agency in BREMEN.agencies for name in (agency.id, agency.name)}
        records = lived.records
        texts = {text for record in records for text in record.strings()}
        assert len(records) > lived.report["events"]
        assert not texts & theirs
        assert not [text for text in texts if "bremen" in text.lower()]

    async def test_the_broker_has_its_topics_and_no_others_as_wide_as_configured(self, lived: Lived) -> None:
        there = {name: len(topic.partitions) for name, topic in existing(admin(lived.there.kafka_address)).items()}
        layout = Layout(person=NEUWERDER.partitions.person, partner=NEUWERDER.partitions.partner)
        wanted = {topic.name: topic.partitions(layout) for topic in all_topics(NEUWERDER.agency_ids)}
        assert {name: width for name, width in there.items() if not name.startswith("__")} == wanted

    async def test_a_check_of_it_finds_nothing(self, lived: Lived) -> None:
        told = await asyncio.to_thread(_lotse, lived.folder, "check", "--demo", "--json")
        assert told.returncode == 0, told.stdout + told.stderr
        assert json.loads(told.stdout)["clean"]

    async def test_bremens_configuration_is_refused_for_its_home(self, lived: Lived) -> None:
        with pytest.raises(CannotRead, match=r"is Neuwerder's; .* is Bremen's") as refused:
            city_of(lived.there.model_copy(update={"config": DEPLOY / "bremen"}))
        assert "Set LOTSE_CONFIG to Neuwerder's folder" in refused.value.remedy


def _ours(record: Told) -> bool:
    """Told by referrals, not by casework under the same name or to the agency."""
    return record.topic == topics.REFERRAL.name
