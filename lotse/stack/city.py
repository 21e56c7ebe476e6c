"""The processes of a city on top of the two servers: migrations, topics, four services and the calendar."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

from lotse.refusal import Refusal
from lotse.settings import HOST, SERVICES, Settings
from lotse.stack import kafka, postgres
from lotse.stack.home import Home, Installation, configured
from lotse.stack.part import Node, Part, Step, inherited, python, serving
from lotse.stack.process import dies_with_us

DATABASES: Final = "databases"
MIGRATIONS: Final = "migrations"
TOPICS: Final = "topics"
CALENDAR: Final = "calendar"
SERVICE_STOPS_WITHIN: Final = 5.0
GRACE: Final = 6.5
"""Seconds: a little more than a service gives itself."""


class MigrationFailed(Refusal):
    exit_code = 8


def city(settings: Settings, installation: Installation, home: Home) -> Sequence[Node]:
    """Needs the servers and the step `databases`."""
    return (
        Step(name=MIGRATIONS, run=lambda _: _migrate(settings, installation, home), after=(DATABASES,)),
        Step(name=TOPICS, run=lambda say: _provide_topics(settings, installation, say), after=(kafka.NAME,)),
        *(_service(name, settings, installation) for name in SERVICES),
        _calendar(settings, installation),
    )


def service_environment(name: str, settings: Settings, installation: Installation) -> dict[str, str]:
    """What a service process is told."""
    return _common(settings) | {
        "LOTSE_SERVICE": name,
        "LOTSE_DATABASE": database_of(name, settings, installation),
        "LOTSE_PORT": str(settings.port(name)),
        "LOTSE_NAMESPACE": str(installation.namespace),
        "LOTSE_PARTITIONS_PERSON": str(installation.partitions_person),
        "LOTSE_PARTITIONS_PARTNER": str(installation.partitions_partner),
        "LOTSE_STOP_WITHIN": str(SERVICE_STOPS_WITHIN),
    }


def database_of(service: str, settings: Settings, installation: Installation) -> str:
    return postgres.dsn(settings, role=service, password=installation.passwords[service], database=service)


def _common(settings: Settings) -> dict[str, str]:
    return {
        "LOTSE_KAFKA": settings.kafka_address,
        "LOTSE_HOST": HOST,
        "LOTSE_CONFIG": str(settings.config.absolute()),
    }


def _service(name: str, settings: Settings, installation: Installation) -> Part:
    environment = service_environment(name, settings, installation)
    port = settings.port(name)
    return serving(
        name, f"services.{name}", port=port, environment=environment, after=(MIGRATIONS, TOPICS), grace=GRACE
    )


def _calendar(settings: Settings, installation: Installation) -> Part:
    """It asks the services where they are, so it is ready only after them; its start need not wait for theirs."""
    environment = _common(settings) | {
        "LOTSE_PORT": str(settings.calendar_port),
        "LOTSE_CLOCK": installation.clock.value,
        "LOTSE_START": installation.start.isoformat() if installation.start else "",
        "LOTSE_SERVICES": ",".join(f"{name}={settings.url(name)}" for name in SERVICES),
    }
    return serving(
        CALENDAR, "lotse.calendar", port=settings.calendar_port, environment=environment, after=(TOPICS,), grace=GRACE
    )


async def _provide_topics(settings: Settings, installation: Installation, say: Callable[[str], None]) -> None:
    from contracts.topics import Layout, all_topics
    from lotse.provision import provision

    agencies = configured(settings).agency_ids
    layout = Layout(person=installation.partitions_person, partner=installation.partitions_partner)
    changed = await asyncio.to_thread(provision, settings.kafka_address, all_topics(agencies), layout)
    if changed:
        say(f"{len(changed)} changed")


async def _migrate(settings: Settings, installation: Installation, home: Home) -> None:
    log = home.log_of(MIGRATIONS)
    dsns = {name: database_of(name, settings, installation) for name in SERVICES}
    databases = {"LOTSE_DATABASES": " ".join(f"{name}={dsn}" for name, dsn in dsns.items())}
    with log.open("ab") as output:
        process = await asyncio.create_subprocess_exec(
            *python("lotse.migrate"),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=asyncio.subprocess.STDOUT,
            env=inherited() | databases,
            start_new_session=True,
            preexec_fn=dies_with_us(),
        )
    try:
        code = await process.wait()
    except BaseException:
        process.kill()
        raise
    if code:
        raise MigrationFailed(
            f"The services' databases could not be migrated (exit code {code}).",
            remedy=f"The reason is at the end of {log}. Nothing was started on top of it.",
        )
