"""A backup taken while a city runs; databases put back from it, or lost for good; and the city goes on exactly."""

import asyncio
import json
import os
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import asyncpg
import httpx
import pytest
import pytest_asyncio

from lotse.daylog import DayLog
from lotse.served import served
from lotse.settings import SERVICES, Settings
from lotse.stack.home import ClockKind, Home
from lotse.stack.ports import on_free_ports
from lotse.stack.postgres import SUPERUSER, dsn
from lotse.stack.stack import Stack

pytestmark = pytest.mark.asyncio(loop_scope="module")
DAY: Final = date(2001, 11, 5)
CALLER: Final = {"X-Actor": "s.meyer", "X-Office": "vahr", "X-Department": "adults", "X-Purpose": "test"}
ABLE: Final[dict[str, Any]] = {
    "ability": "able",
    "qualification": "vocational",
    "languages": ["de"],
    "hours_per_week": 38,
    "mobility": "city",
    "work_permit": True,
}


class Place:
    """A home, and what happens in it while it runs."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.today = DAY

    def stack(self) -> Stack:
        return Stack(
            on_free_ports(Settings(home=self.home, fsync=False, partitions=3)), clock=ClockKind.SIMULATED, start=DAY
        )

    async def live(self, stack: Stack, *names: str) -> None:
        """Clients of these names get cases; then the next day begins."""
        for name in names:
            await self._client(stack.settings, name)
        async with asyncio.timeout(60):
            while await self._count(stack, "casework", "cases") < await self._count(stack, "intake", "client"):
                await asyncio.sleep(0.1)
        log = DayLog(stack.settings.kafka_address)
        self.today += timedelta(days=1)
        await log.append(self.today)
        await log.close()
        await self.reach(stack)

    async def reach(self, stack: Stack) -> None:
        """Waits until every service lives today."""
        async with asyncio.timeout(60):
            for service in SERVICES:
                while await self._value(stack, service, "select today from business_day") != self.today:
                    await asyncio.sleep(0.1)

    async def lotse(self, *arguments: str) -> tuple[int, str, str]:
        command = [sys.executable, "-c", "from lotse.cli import main; main()", *arguments]
        environment = os.environ | {"LOTSE_HOME": str(self.home)}
        ended = await asyncio.to_thread(
            subprocess.run, command, env=environment, capture_output=True, text=True, timeout=120, check=False
        )
        return ended.returncode, ended.stdout, ended.stderr

    async def _client(self, settings: Settings, name: str) -> None:
        lives = {"street": "Am Wall", "house_number": "1", "postcode": "28195", "district": "vahr"}
        benefit = {"kind": "hlu", "monthly": {"minor": 50_000, "currency": "DEM"}, "since": DAY.isoformat()}
        client = {"given_name": name, "family_name": name, "birth_date": "1970-01-02", "sex": "male"}
        async with httpx.AsyncClient(base_url=settings.url("intake"), timeout=30) as http:
            known = {"address": lives, "benefits": [benefit]}
            async with asyncio.timeout(30):
                while (answer := await self._post(http, "/clients", client | known, name)).status_code == 503:
                    await asyncio.sleep(0.1)
            answer.raise_for_status()
            path = f"/clients/{answer.json()['person_id']}/assessments"
            (await self._post(http, path, ABLE, f"{name} able")).raise_for_status()

    async def _post(self, http: httpx.AsyncClient, path: str, body: Any, key: str) -> httpx.Response:
        return await http.post(path, json=body, headers=CALLER | {"Idempotency-Key": key})

    async def _count(self, stack: Stack, service: str, table: str) -> int:
        found: int = await self._value(stack, service, f"select count(*) from {table}")
        return found

    async def _value(self, stack: Stack, service: str, query: str) -> Any:
        password = stack.installation.passwords[service]
        db = await asyncpg.connect(dsn(stack.settings, role=service, password=password, database=service))
        try:
            return await db.fetchval(query)
        finally:
            await db.close()

    async def made_anew(self, service: str) -> None:
        code, _, err = await self.lotse("replay", service, "--restore")
        assert code == 0, err

    async def agrees(self) -> None:
        """Starts it again; after a day with news, all topics, ledgers, offsets and rebuilt tables agree."""
        async with self.stack() as stack:
            await self.reach(stack)
            await self.live(stack, f"Neu{self.today.day}")
            code, out, err = await self.lotse("check", "--replay")
            assert code == 0, out + err


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Backed up after its first day; two more days with other clients followed; stopped."""
    found = Place(tmp_path_factory.mktemp("home"))
    async with found.stack() as stack:
        log = DayLog(stack.settings.kafka_address)
        await log.append(DAY)
        await log.close()
        await found.live(stack, "Alpha", "Beta")
        code, _, err = await found.lotse("backup", str(found.home / "backup"))
        assert code == 0, err
        await found.live(stack, "Gamma")
        await found.live(stack, "Delta")
        refused = await found.lotse("restore", str(found.home / "backup"), "casework")
        assert refused[0] == 1
        assert "cannot be replaced under it" in refused[2]
    return found


async def test_older_databases_are_brought_to_where_their_services_stood(place: Place) -> None:
    code, out, err = await place.lotse("restore", str(place.home / "backup"), *SERVICES)
    assert code == 0, err
    assert out.count("restored") == len(SERVICES)
    await place.agrees()


async def test_lost_databases_are_made_anew_from_the_topics(place: Place) -> None:
    installation = Home(place.home).read()
    assert installation
    lost = ("casework", "referrals", "reporting")
    async with served(Settings(home=place.home, fsync=False)) as there:
        address = dsn(there, role=SUPERUSER, password=installation.superuser_password, database="postgres")
        admin = await asyncpg.connect(address)
        for service in lost:
            await admin.execute(f"drop database {service}")
        await admin.close()
    await place.made_anew(lost[0])  # starts and ends the servers for itself
    async with served(Settings(home=place.home, fsync=False)):
        for service in lost[1:]:
            await place.made_anew(service)
    await place.agrees()


async def test_a_backup_that_was_changed_or_is_none_is_refused(place: Place, tmp_path: Path) -> None:
    nothing = await place.lotse("restore", str(tmp_path), "casework")
    assert (nothing[0], "is no backup" in nothing[2]) == (1, True)
    taken = place.home / "backup"
    twice = await place.lotse("backup", str(taken))
    assert (twice[0], "is not empty" in twice[2]) == (1, True)
    dump = taken / "casework.dump"
    whole = dump.read_bytes()
    dump.write_bytes(whole[:-1])
    changed = await place.lotse("restore", str(taken), "casework")
    dump.write_bytes(whole)
    assert changed[0] == 1
    assert "casework.dump" in changed[2]


async def test_another_installations_backup_is_refused(place: Place, tmp_path: Path) -> None:
    stranger = tmp_path / "backup"
    stranger.mkdir()
    for file in (place.home / "backup").iterdir():
        (stranger / file.name).write_bytes(file.read_bytes())
    secrets = json.loads((stranger / "installation.json").read_text())
    (stranger / "installation.json").write_text(json.dumps(secrets | {"namespace": "0" * 32}))
    refused = await place.lotse("restore", str(stranger), "casework")
    assert refused[0] == 1
    assert "is not what was backed up" in refused[2]


async def test_a_backup_is_as_closed_as_the_databases(place: Place) -> None:
    assert (place.home / "backup" / "installation.json").stat().st_mode & 0o077 == 0
