"""What recording a read costs: `pytest tests/component/measure_access.py -s`. No test: it is asked for by name.

One intake in this process answers the same question about one client, in turns with and without the record, so that
whatever else the machine does meets both alike.
"""

import statistics
import time
from datetime import UTC, date, datetime
from uuid import UUID

import httpx
import pytest

from contracts.city import read_city
from services.intake.api import router
from services.intake.app import service
from services.runtime import audit
from services.runtime.process import create_app
from services.runtime.settings import Settings
from tests.component.intake_world import intake_on
from tests.component.runtime.world import CALLER, PARTITIONS, ROOT
from tests.conftest import NewDatabase

ROUNDS, READS = 30, 40


async def test_what_recording_a_read_costs(
    broker: str, new_database: NewDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording = audit._kept

    async def nothing(*_: object) -> bool:
        return True

    async with intake_on(date(2001, 8, 31), broker, await new_database()) as world:
        person_id = await world.register(1)
        city = read_city(ROOT / "deploy/bremen")
        settings = Settings(
            service="intake", kafka=world.kafka, database=world.database, namespace=UUID(int=7),
            partitions_person=PARTITIONS, topic_prefix=world.prefix, config=ROOT / "deploy/bremen",
        )  # fmt: skip
        app = create_app(service(city), city, settings, router, title="intake", description="measured")
        seconds: dict[str, list[float]] = {"recorded": [], "not recorded": []}
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://intake", headers=CALLER) as client,
        ):
            for turn in range(2 * (ROUNDS + 1)):
                name, kept = (("recorded", recording), ("not recorded", nothing))[turn % 2]
                monkeypatch.setattr(audit, "_kept", kept)
                began = time.perf_counter()
                for _ in range(READS):
                    assert (await client.get(f"/clients/{person_id}")).status_code == 200
                if turn > 1:  # the first of each warms up
                    seconds[name].append((time.perf_counter() - began) / READS)
        written = await world.db.fetchval("select count(*) from access where action = 'read'")
    assert written == (ROUNDS + 1) * READS
    with_it, without = (statistics.median(seconds[name]) for name in ("recorded", "not recorded"))
    print(
        f"\n{datetime.now(UTC):%Y-%m-%d}: GET /clients/{{id}}, median of {ROUNDS} rounds of {READS}: "
        f"recorded {with_it * 1e3:.2f} ms, not recorded {without * 1e3:.2f} ms, ratio {with_it / without:.2f}"
    )
