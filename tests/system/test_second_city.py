"""Neuwerder lives from its configuration alone: other offices, days and deadlines than Bremen's, and a third agency.

Then a fourth agency is added to the configuration, and the installation started again.
"""

import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Final

import pytest
import pytest_asyncio
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from contracts import envelope, topics
from contracts.city import read_city
from contracts.envelope import Envelope
from contracts.events.partners import ResyncRequested
from contracts.topics import Layout, all_topics, partner_in, partner_out
from lotse.asking import Operator, ask
from lotse.check.comparing import city_of
from lotse.check.reading import CannotRead
from lotse.provision import admin, existing
from lotse.settings import Settings
from lotse.stack.city import TOPICS, city
from lotse.stack.home import Home, Installation
from lotse.stack.part import Node
from lotse.stack.ports import PARTS, free_ports, on_free_ports
from lotse.stack.stack import Stack
from tests.system.records import Told, records_of, told_of

DEPLOY: Final = Path(__file__).parents[2] / "deploy"
BREMEN: Final = read_city(DEPLOY / "bremen")
NEUWERDER: Final = read_city(DEPLOY / "neuwerder")
ADDED: Final = """
[[agencies]]
id = "fahrschule"
name = "Fahrschule am Deich"
services = ["qualification"]
"""
THIRD: Final = "kreishandwerkerschaft"
UNTIL: Final = "2001-06-18"
PLAY: Final = ("--scale", "0.1", "--from", "2001-04-30", "--until", UNTIL, "--json")
PATIENCE_SECONDS: Final = 300


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


def _lotse(folder: Path, config: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    own = {"LOTSE_HOME": str(folder / "home"), "LOTSE_CONFIG": str(config)}
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


def _with_a_fourth_agency(folder: Path) -> Path:
    config = shutil.copytree(DEPLOY / "neuwerder", folder / "config")
    with (config / "city.toml").open("a", encoding="utf-8") as file:
        file.write(ADDED)
    return config


def _again(settings: Settings) -> Stack:
    """The installation once more: its servers, its topics, and the services that are asked."""

    def chosen(settings: Settings, installation: Installation, home: Home) -> list[Node]:
        after = ("kafka", "databases")
        return [
            replace(node, after=after if node.name == TOPICS else (*after, TOPICS))
            for node in city(settings, installation, home)
            if node.name in {TOPICS, "referrals", "reporting"}
        ]

    installation = Home(settings.home).read()
    assert installation
    return Stack(on_free_ports(settings), clock=installation.clock, start=installation.start, application=chosen)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lived(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Lived]:
    folder = tmp_path_factory.mktemp("neuwerder")
    ports = {f"LOTSE_{part.upper()}_PORT": str(port) for part, port in zip(PARTS, free_ports(len(PARTS)), strict=True)}
    told = await asyncio.to_thread(_lotse, folder, DEPLOY / "neuwerder", "demo", *PLAY, **ports)
    assert told.returncode == 0, told.stderr
    config = _with_a_fourth_agency(folder)
    async with _again(Settings(home=folder / "home" / "demo", config=config, fsync=False)) as stack:
        there = stack.settings
        yield Lived(folder, json.loads(told.stdout), there, await records_of(there))


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
        ours = [one for one in records if _ours(one)]
        reported = {one.value["placement_id"]: one.value for one in ours if one.kind == "PlacementReported"}
        voided = {one.value["placement_id"] for one in ours if one.kind == "PlacementVoided"}
        began = {
            one.value["placement_id"]
            for one in ours
            if one.kind == "PlacementConfirmed" and one.value["occurred_on"] <= UNTIL
        } - voided
        jobs = {
            tuple(reported[name][part] for part in ("person_id", "occurred_on", "kind", "employer_id"))
            for name in began
        }
        assert THIRD in {reported[name]["agency"] for name in began}
        assert lived.report["placements"] == len(jobs)

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
        agencies = read_city(lived.there.config).agency_ids
        assert set(agencies) == {*NEUWERDER.agency_ids, "fahrschule"}
        wanted = {topic.name: topic.partitions(layout) for topic in all_topics(agencies)}
        assert {name: width for name, width in there.items() if not name.startswith("__")} == wanted

    async def test_a_check_of_it_finds_nothing(self, lived: Lived) -> None:
        told = await asyncio.to_thread(_lotse, lived.folder, lived.there.config, "check", "--demo", "--json")
        assert told.returncode == 0, told.stdout + told.stderr
        assert json.loads(told.stdout)["clean"]

    async def test_bremens_configuration_is_refused_for_its_home(self, lived: Lived) -> None:
        with pytest.raises(CannotRead, match=r"is Neuwerder's; .* is Bremen's") as refused:
            city_of(lived.there.model_copy(update={"config": DEPLOY / "bremen"}))
        assert "Set LOTSE_CONFIG to Neuwerder's folder" in refused.value.remedy

    async def test_an_agency_that_was_added_is_heard_and_answered_after_the_restart(self, lived: Lived) -> None:
        nobody = "00000000-0000-0000-0000-000000000000"
        event = ResyncRequested(referral_id=nobody, occurred_on=date.fromisoformat(UNTIL))
        midnight = envelope.midnight(event.occurred_on)
        told = Envelope(
            id="hello", source="agency/fahrschule", type=event.type_name(), subject=nobody, time=midnight
        ).headers()
        async with AIOKafkaProducer(bootstrap_servers=lived.there.kafka_address) as producer:
            value = event.model_dump_json().encode()
            await producer.send_and_wait(partner_in("fahrschule").name, value, key=nobody.encode(), headers=told)
        async with AIOKafkaConsumer(
            partner_out("fahrschule").name,
            bootstrap_servers=lived.there.kafka_address,
            auto_offset_reset="earliest",
        ) as consumer:
            answer = told_of(await asyncio.wait_for(consumer.getone(), 30))
        assert (answer.kind, answer.value["code"]) == ("MessageRejected", "unknown_referral")


def _ours(record: Told) -> bool:
    """Told by referrals, not by casework under the same name or to the agency."""
    return record.topic == topics.REFERRAL.name
