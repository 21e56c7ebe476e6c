"""After a fault: heal, wait until all is still, compare everything. What was found wrong is a violation."""

import asyncio
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any, Final

from lotse.asking import Operator
from lotse.check.comparing import City, city_of, compare
from lotse.check.databases import connected
from lotse.check.findings import Findings
from lotse.check.quiet import PAUSE, Busy, look
from lotse.check.reading import Log
from lotse.refusal import Refusal
from lotse.replay import replay_service
from lotse.settings import SERVICES
from tests.chaos.town import NotHealed, Town

PATIENCE: Final = 90.0
"""Seconds until all must be still."""
OPERATOR: Final = Operator(actor="lotse.chaos", purpose="check after a fault")


@dataclass
class Verdict:
    """What one fault left behind. `recovery`: seconds from its end until nothing was on its way any more; `judging`:
    seconds that the comparisons took."""

    recovery: float = 0.0
    judging: float = 0.0
    violations: list[str] = field(default_factory=list)


async def judge(town: Town, *, replay: bool, ended: float) -> Verdict:
    """Rules 1 to 5, 7 and 8 by `lotse check`; with `replay` rule 6, twice: read models and states from zero. `ended`:
    when the fault was over, by our monotonic clock."""
    verdict = Verdict()
    try:
        await town.heal()
        checked = city_of(town.settings)
        await still(checked)
        verdict.recovery = time.monotonic() - ended
        verdict.violations += told(await compare(checked, patience=PATIENCE, operator=OPERATOR))
        if replay:
            verdict.violations += await replayed(town)
    except (NotHealed, Refusal, TimeoutError) as error:
        verdict.recovery = time.monotonic() - ended
        verdict.violations.append(f"not healed: {error}")
    verdict.judging = time.monotonic() - ended - verdict.recovery
    return verdict


async def still(checked: City) -> None:
    """Until nobody has anything to send or to read, twice alike. Raises `Busy` or `CannotRead`."""
    async with AsyncExitStack() as stack:
        log = await stack.enter_async_context(Log(checked.settings.kafka_address, checked.layout))
        databases = {
            service: await stack.enter_async_context(connected(checked.settings, checked.installation, service))
            for service in SERVICES
        }
        end, before = time.monotonic() + PATIENCE, None
        while True:
            now = await look(log, databases, checked.agencies)
            if now == before and now.settled(checked.agencies):
                return
            if time.monotonic() > end:
                raise Busy(f"Something was still on its way after {PATIENCE:.0f} s.", remedy="See the parts' logs.")
            before = now
            await asyncio.sleep(PAUSE)


def told(findings: Findings) -> list[str]:
    """Violations, and comparisons that could not be made."""
    found = [f"{one.kind} at {one.place}: {one.words}" for one in findings.kept]
    found += [f"not compared: {row.name}: {row.reason}" for row in findings.incomplete]
    return found + [f"parked: {note}" for note in findings.notes if "parked" in note]


async def replayed(town: Town) -> list[str]:
    """Every service's tables = a fold from zero = a second fold, byte for byte."""

    def both(service: str) -> list[str]:
        first, second = (replay_service(town.settings, town.installation, service) for _ in range(2))
        wrong = [
            f"replay of {service}: {table.table} differs at {table.first_difference}"
            for table in (*first.tables, *second.tables)
            if table.first_difference is not None
        ]
        digests = [[table.digest for table in one.tables] for one in (first, second)]
        return wrong if digests[0] == digests[1] else [*wrong, f"two replays of {service} differ"]

    return [one for found in await asyncio.gather(*(asyncio.to_thread(both, s) for s in SERVICES)) for one in found]


def differing(peace: dict[str, Any], trouble: dict[str, Any]) -> list[str]:
    """Rule 9: figures that are not those of the undisturbed run. Answers to what was only injected are no figure."""
    return [
        f"figure {name}: {trouble.get(name)}, undisturbed {value}"
        for name, value in peace.items()
        if name != "events" and trouble.get(name) != value
    ]
