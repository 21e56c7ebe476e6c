"""`lotse audit` of a client whose file lies in several services that really run."""

import json
from collections.abc import AsyncIterator
from datetime import date, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from contracts.topics import SERVICES
from lotse import audit
from lotse.asking import DoesNotAnswer
from lotse.cli import command_line
from tests.component.erasure_world import ErasureWorld, four_services_on
from tests.component.intake_world import person
from tests.conftest import NewDatabase

NOBODY = "00000000-0000-0000-0000-000000000000"


@pytest.fixture
async def world(
    broker: str, new_database: NewDatabase, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> AsyncIterator[ErasureWorld]:
    async with four_services_on(date(2001, 10, 2), broker, new_database) as made:
        monkeypatch.setenv("LOTSE_HOME", str(tmp_path))
        for service in SERVICES:
            monkeypatch.setenv(f"LOTSE_{service.upper()}_PORT", made.urls[service].rpartition(":")[2])
        yield made


def asked(*arguments: str) -> Result:
    return CliRunner().invoke(command_line(["audit"]), ["audit", *arguments])


async def test_all_services_are_asked_page_by_page_and_merged_by_time(
    world: ErasureWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "PAGE", 2)
    client = (await world.done("intake", "/clients", person(1)))["person_id"]
    for _ in range(3):
        await world.get("intake", f"/clients/{client}")
        await world.get("casework", f"/audit?person={client}")
    told = asked(client, "--json", "--from", "2001-10-02")
    assert told.exit_code == 0
    found = json.loads(told.stdout)
    files = [(one["service"], one["route"]) for one in found if one["actor"] == "meyer"]
    assert files == [("intake", "POST /clients")] + 3 * [
        ("intake", "GET /clients/{person_id}"),
        ("casework", "GET /audit"),
    ]
    clocks = [datetime.fromisoformat(one["at"]) for one in found]
    assert clocks == sorted(clocks)
    assert "POST /clients" in asked(client).stdout
    assert asked(client, "--to", "2001-10-01").exit_code == audit.NOBODY


async def test_who_names_nobody_is_told_what_to_do(world: ErasureWorld) -> None:
    nobody = asked(NOBODY)
    assert nobody.exit_code == audit.NOBODY
    assert "young_people" in nobody.stdout
    assert isinstance(asked("Mustermann").exception, audit.NoId)
    await world.stop()
    assert isinstance(asked(NOBODY).exception, DoesNotAnswer)
