"""Tracing is off unless a collector is named, and a collector that is away changes nothing."""

import signal
import subprocess
import sys

import pytest

from contracts import topics
from services.runtime.tracing import wanted
from tests.collector import collecting
from tests.component.runtime.people import assert_exact, person, registered, send_people
from tests.component.runtime.world import FIRST_DAY, ROOT, World, free_port, until

COLLECTOR = "OTEL_EXPORTER_OTLP_ENDPOINT"


async def test_without_a_collector_no_record_carries_a_trace(world: World) -> None:
    await world.start()
    await world.send(topics.PERSON, registered(person(0)))
    await until(world.settled)
    headers = [dict(found) for _, _, found in await world.records(topics.CASE)]
    assert headers
    assert not any("traceparent" in one for one in headers)


def test_without_a_collector_a_service_imports_no_sdk_and_no_exporter() -> None:
    asked = (
        "import os, sys; from services.runtime import process, telemetry, tracing;"
        "tracing.tracing('toy', telemetry.Metrics(), {});"
        "sys.exit(any(name.startswith(('opentelemetry.sdk', 'opentelemetry.exporter')) for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", asked], cwd=ROOT, timeout=60, check=False).returncode == 0


@pytest.mark.parametrize(
    ("environment", "on"),
    [
        ({}, False),
        ({COLLECTOR: "http://127.0.0.1:4318"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:4318/v1/traces"}, True),
        ({COLLECTOR: ""}, False),
        ({COLLECTOR: "http://127.0.0.1:4318", "OTEL_SDK_DISABLED": "true"}, False),
        ({COLLECTOR: "http://127.0.0.1:4318", "OTEL_TRACES_EXPORTER": "none"}, False),
    ],
)
def test_opentelemetrys_own_variables_switch_it(environment: dict[str, str], on: bool) -> None:  # noqa: FBT001
    assert wanted(environment) is on


async def test_a_collector_that_is_away_delays_neither_work_nor_stop(world: World) -> None:
    away = f"http://127.0.0.1:{free_port()}"
    replica = await world.start(OTEL_EXPORTER_OTLP_ENDPOINT=away, OTEL_BSP_SCHEDULE_DELAY="50")
    await send_people(world, people=60, moves=8)
    await until(world.settled)
    await assert_exact(world, people=60, moves=8)
    replica.signal(signal.SIGTERM)
    await replica.ended(within=12)
    assert await world.db.fetchval("select count(*) from outbox") == 0


async def test_a_timer_begins_a_trace_of_its_own(world: World) -> None:
    with collecting() as collector:
        await world.start(OTEL_EXPORTER_OTLP_ENDPOINT=collector.endpoint, OTEL_BSP_SCHEDULE_DELAY="50")
        await world.send(topics.PERSON, registered(person(0)))
        await until(world.settled)
        for day in range(1, 4):
            await world.day(FIRST_DAY.replace(day=1 + day))

        async def fired() -> bool:
            timers = {span.id for span in collector.spans if span.name == "timer"}
            return any(span.parent in timers for span in collector.spans)

        await until(fired, what="the timer's span, and the one of what it sent")
        parents = {span.parent for span in collector.spans}
        (timer,) = [span for span in collector.spans if span.name == "timer" and span.id in parents]
        (opened,) = [span for span in collector.spans if span.name == f"process {topics.PERSON.name}"]
        assert (timer.parent, timer.links) == ("", ())
        assert timer.trace != opened.trace
        assert [span.parent for span in collector.spans if span.trace == timer.trace and span is not timer] == [
            timer.id
        ]
        metrics = (await world.http.get(f"{world.replicas[0].url}/metrics")).text
        assert 'lotse_spans_total{fate="exported"}' in metrics
