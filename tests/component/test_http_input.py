"""Whatever is asked of a service over HTTP is answered: no 5xx, every refusal a problem that says what to do."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

import pytest

from tests.component.casework_world import casework_on
from tests.component.http_driver import MARK, Driver
from tests.component.intake_world import intake_on
from tests.component.referrals_world import referrals_on
from tests.component.reporting_page_world import told_often
from tests.component.reporting_world import ReportingWorld
from tests.component.runtime.world import until
from tests.conftest import NewDatabase

EXAMPLES: Final = 5


async def drive(url: str, known: Mapping[str, Sequence[str]], capfd: pytest.CaptureFixture[str]) -> None:
    driver = Driver(url, known, EXAMPLES)
    await asyncio.to_thread(driver.drive)
    said = capfd.readouterr().err
    assert not driver.faults, "\n".join(driver.faults)
    assert sum(number for status, number in driver.answered.items() if status < 300) > 10, driver.answered
    assert MARK not in said
    assert "Traceback" not in said


async def test_intake(broker: str, new_database: NewDatabase, capfd: pytest.CaptureFixture[str]) -> None:
    async with intake_on(date(2001, 10, 2), broker, await new_database()) as world:
        people = [await world.register(number) for number in range(5)]
        await drive(world.url, {"person_id": people, "other_id": people, "person": people}, capfd)


async def test_casework(broker: str, new_database: NewDatabase, capfd: pytest.CaptureFixture[str]) -> None:
    async with casework_on(date(2001, 10, 2), broker, await new_database()) as world:
        cases = [await world.planned() for _ in range(3)]
        case, referral = await world.referred()
        cases.append(case)
        known = {
            "case_id": [one["case_id"] for one in cases],
            "person_id": [one["person_id"] for one in cases],
            "person": [one["person_id"] for one in cases],
            "referral_id": [referral],
            "case_manager": [one["case_manager"] for one in cases],
        }
        await drive(world.url, known, capfd)


async def test_referrals(broker: str, new_database: NewDatabase, capfd: pytest.CaptureFixture[str]) -> None:
    async with referrals_on(date(2001, 10, 2), broker, await new_database()) as world:
        offered = [await world.offered() for _ in range(3)]
        known = {"person_id": [one for one, _ in offered], "referral_id": [one for _, one in offered]}
        await drive(world.url, known | {"person": known["person_id"]}, capfd)


async def test_reporting(broker: str, new_database: NewDatabase, capfd: pytest.CaptureFixture[str]) -> None:
    world = ReportingWorld(broker, await new_database())
    await world.prepare()
    try:
        messages = list(told_often())
        await world.day(date(2002, 4, 28))
        await world.tell(messages)
        await world.start()

        async def heard() -> bool:
            return await world.heard() >= len(messages) + 1

        await until(heard, what="the year in the books")
        months = [f"2001-{month:02}" for month in range(3, 13)]
        await drive(world.replicas[-1].url, {"month": months, "office": ["vahr", "findorff"], "person": []}, capfd)
    finally:
        await world.close()
