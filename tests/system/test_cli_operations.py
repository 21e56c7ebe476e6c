"""check, replay, trace and dlq as an operator calls them, on a small city that really runs."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import asyncpg
import httpx
import pytest
import pytest_asyncio
from aiokafka import AIOKafkaProducer

from contracts.envelope import Envelope, midnight
from contracts.topics import PERSON
from lotse.daylog import DayLog
from lotse.settings import SERVICES, Settings
from lotse.stack.home import ClockKind
from lotse.stack.ports import on_free_ports
from lotse.stack.postgres import dsn
from lotse.stack.stack import Stack

pytestmark = pytest.mark.asyncio(loop_scope="module")
DAY: Final = date(2001, 3, 1)
CALLER: Final = {"X-Actor": "s.meyer", "X-Office": "mitte", "X-Department": "adults", "X-Purpose": "test"}
NAME: Final = "Mustermann"
ADDRESS: Final = {"street": "Am Wall", "house_number": "1", "postcode": "28195", "district": "mitte"}


@dataclass(frozen=True, slots=True)
class Told:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True, slots=True)
class Running:
    stack: Stack
    person: str

    async def lotse(self, *arguments: str) -> Told:
        """The command in a process of its own, as from a shell. Where the parts listen, the home says."""
        environment = os.environ | {"LOTSE_HOME": str(self.stack.settings.home)}
        command = [sys.executable, "-c", "from lotse.cli import main; main()", *arguments]
        ended = await asyncio.to_thread(
            subprocess.run, command, env=environment, capture_output=True, text=True, timeout=120, check=False
        )
        return Told(ended.returncode, ended.stdout, ended.stderr)

    async def sql(self, service: str, statement: str, *values: object) -> Any:
        password = self.stack.installation.passwords[service]
        db = await asyncpg.connect(dsn(self.stack.settings, role=service, password=password, database=service))
        try:
            return await db.fetchval(statement, *values)
        finally:
            await db.close()

    async def publish(self, sequence: int, value: bytes) -> None:
        """A record of the client that intake never sent."""
        envelope = Envelope(
            id=f"planted-{sequence}",
            source="/test",
            type="lotse.intake.ClientDeparted.v1",
            subject=self.person,
            time=midnight(DAY),
            recorded=DAY.isoformat(),
            sequence=sequence,
        )
        producer = AIOKafkaProducer(bootstrap_servers=self.stack.settings.kafka_address)
        await producer.start()
        await producer.send_and_wait(PERSON.name, value, key=self.person.encode(), headers=envelope.headers())
        await producer.stop()


async def start_day(settings: Settings) -> None:
    """Past the calendar, which would wait for agencies that do not run here."""
    log = DayLog(settings.kafka_address)
    await log.append(DAY)
    await log.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def city(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    """The first day and one client."""
    settings = on_free_ports(Settings(home=tmp_path_factory.mktemp("home"), fsync=False, partitions=3))
    async with Stack(settings, clock=ClockKind.SIMULATED, start=DAY) as stack, httpx.AsyncClient(timeout=30) as http:
        await start_day(settings)
        client = {"given_name": "Erika", "family_name": NAME, "birth_date": "1970-01-01", "sex": "female"}
        ask = http.build_request(
            "POST",
            f"{settings.url('intake')}/clients",
            json=client | {"address": ADDRESS},
            headers=CALLER | {"Idempotency-Key": "register"},
        )
        async with asyncio.timeout(30):
            while (answer := await http.send(ask)).status_code == 503:
                await asyncio.sleep(0.1)
        answer.raise_for_status()
        yield Running(stack, answer.json()["person_id"])


async def test_a_sound_city_agrees_and_the_check_says_what_it_compared(city: Running) -> None:
    told = await city.lotse("check", "--replay", "--json")
    assert told.code == 0, told.out + told.err
    compared = {row["name"]: row["compared"] for row in told.json["compared"]}
    assert compared["calendar.day.v1"].startswith("1 records")
    assert compared["reporting heard intake.person.v1"] == "1 subjects"
    assert {"reporting's figures", *(f"replay of {service}" for service in SERVICES)} <= compared.keys()
    shown = await city.lotse("check")
    assert "0 violations" in shown.out
    assert NAME not in shown.out


async def test_the_report_tells_a_young_city_what_it_can_and_why_not_the_rest(city: Running) -> None:
    told = await city.lotse("report", "--json")
    assert told.code == 0, told.out + told.err
    assert (told.json["from"], told.json["month"], told.json["clients_registered"]) == ("2000-04", "2001-03", 1)
    assert told.json["rates"]["reasons"]["integration"] == "before_records"
    shown = await city.lotse("report")
    assert "before the first client was registered" in " ".join(shown.out.split())
    assert "time to first referral" in shown.out
    backwards = await city.lotse("report", "--from", "2002-04", "--to", "2002-03")
    assert backwards.code == 1
    assert "ends before it begins" in backwards.err


async def test_releases_are_listed_written_and_verified(city: Running, tmp_path: Path) -> None:
    listed, written = await city.lotse("release", "list", "--json"), await city.lotse("release", "write", str(tmp_path))
    assert (listed.code, listed.json) == (0, {"releases": [], "waiting": {"months": [], "parked": 0}})
    assert (written.code, written.out.split()[0]) == (0, "1")
    assert (tmp_path / "codebook.json").is_file()

    verified = await city.lotse("release", "verify", "--json")
    assert (verified.code, verified.json) == (0, [])
    unknown = await city.lotse("release", "show", "2001-01")
    assert (unknown.code, "not_released" in unknown.err) == (1, True)
    assert (await city.lotse("release", "verify", "2001-01")).code == 3


async def test_a_replay_tells_each_table(city: Running) -> None:
    told = await city.lotse("replay", "reporting", "--json")
    assert told.code == 0, told.out + told.err
    assert (told.json["service"], told.json["identical"]) == ("reporting", True)
    assert {"registration"} <= {table["table"] for table in told.json["tables"] if table["rebuilt"] == 1}


async def test_every_part_is_found_where_the_home_says_that_it_listens(city: Running) -> None:
    told = await city.lotse("status", "--json")
    assert told.code == 0, told.out + told.err
    assert {part["part"] for part in told.json["parts"]} >= {"postgres", "kafka", "calendar", *SERVICES}
    examined = {check["name"]: check["ok"] for check in (await city.lotse("doctor", "--json")).json}
    assert all(examined[name] for name in ("kafka", "topics exist", "calendar", *SERVICES))


async def test_nothing_is_restored_under_a_running_service(city: Running) -> None:
    told = await city.lotse("replay", "casework", "--restore")
    assert (told.code, told.out) == (1, "")
    assert "still runs" in told.err


async def test_an_unknown_referral_is_told_to_people_without_a_traceback(city: Running) -> None:
    told = await city.lotse("trace", "00000000-0000-4000-8000-000000000000")
    assert (told.code, told.out) == (1, "")
    assert "No topic knows" in told.err
    assert "Traceback" not in told.err


async def test_a_ledger_that_lies_is_found_with_its_place(city: Running) -> None:
    bend = "update ledger set last = last + $2 where topic = $1"
    await city.sql("casework", bend, PERSON.name, -1)
    told = await city.lotse("check", "--json", "--no-figures")
    await city.sql("casework", bend, PERSON.name, 1)
    assert told.code == 1
    assert told.json["by_kind"] == {"consumer_ledger_differs": 1}
    assert told.json["listed"][0]["place"] == f"casework: ledger of {PERSON.name}"


async def test_a_poisoned_client_is_listed_shown_redriven_and_discarded(city: Running) -> None:
    last = await city.sql(
        "intake", "select last from ledger where topic = $1 and subject = $2", PERSON.name, city.person
    )
    await city.publish(last + 1, b'{"family_name": "%s"}' % NAME.encode())
    async with asyncio.timeout(30):
        for service in ("casework", "referrals", "reporting"):
            while not await city.sql(service, "select count(*) from parked_subject"):
                await asyncio.sleep(0.1)
    listed = await city.lotse("dlq", "list", "--json")
    assert {one["service"] for one in listed.json["parked"]} == {"casework", "referrals", "reporting"}
    assert listed.json["dead_letters"][f"{PERSON.name}.casework.dlq"] == 1

    shown = await city.lotse("dlq", "show", city.person, "--json")
    letters = [one["dead_letter"] for one in shown.json]
    assert sorted(letter["topic"] for letter in letters) == [
        f"{PERSON.name}.{service}.dlq" for service in ("casework", "referrals", "reporting")
    ]
    assert NAME not in shown.out

    redriven = await city.lotse("dlq", "redrive", "--all", "--reason", "tried again", "--json")
    assert redriven.code == 1, "it fails again"
    assert {one["waiting"] for one in redriven.json} == {1}

    unsaid = await city.lotse("dlq", "discard", city.person, "--reason", "planted", "--yes")
    assert unsaid.code == 1, "it is parked in three services: which?"
    for service in ("casework", "referrals", "reporting"):
        told = await city.lotse("dlq", "discard", city.person, "--service", service, "--reason", "planted", "--yes")
        assert told.code == 0, told.err
    assert (await city.lotse("dlq", "list", "--json")).json["parked"] == []
    audited = await city.sql(
        "casework", "select count(*) from operator_action where reason in ('tried again', 'planted')"
    )
    assert audited == 2


async def test_what_intake_never_sent_is_found_in_the_topic(city: Running) -> None:
    told = await city.lotse("check", "--json", "--no-figures")
    assert told.code == 1
    assert told.json["by_kind"] == {"source_ledger_differs": 1, "unreadable_record": 1}


async def test_a_stopped_city_is_checked_with_servers_of_its_own(city: Running) -> None:
    await city.stack.stop()
    told = await city.lotse("check", "--json")
    assert told.code == 1, "what was planted is still there"
    assert told.json["by_kind"] == {"source_ledger_differs": 1, "unreadable_record": 1}
    assert "servers are started" in told.err
    nobody = await city.lotse("dlq", "list")
    assert nobody.code == 3
    assert "Nothing runs on" in nobody.err
    report = await city.lotse("report", "--json")
    assert (report.code, report.json["clients_registered"]) == (0, 1), report.err
