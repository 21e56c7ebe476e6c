"""`python -m tests.bench.page`: writes the tables of docs/performance.md from build/bench.json.

The text between them is written by hand, and rests on the run that the page names.
"""

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from lotse.stack import postgres
from tests.bench.bed import ROOT
from tests.bench.plan import CITIES, REPLAY_HOURS, WHOLE, YEAR_SECONDS, foretold, needs

PAGE: Final = ROOT / "docs" / "performance.md"
MEASURED: Final = ROOT / "build" / "bench.json"
END: Final = "<!-- end -->"

Figures = Mapping[str, Any]


def ratios(found: Figures) -> list[str]:
    rows = ["| what | median | lowest to highest | rounds | goal | |", "|---|---|---|---|---|---|"]
    for name, one in found["ratios"].items():
        lowest, highest = one["spread"]
        met = "met" if one["met"] else "**not met**"
        spread = f"{lowest:.2f} to {highest:.2f} | {one['rounds']}"
        rows.append(f"| {name} | {one['value']:.2f} | {spread} | {one['goal']} | {met} |")
    return rows


def replay(found: Figures) -> list[str]:
    """Every service's replay of the recorded city, in its parts."""
    rows = ["| service | records read | published | messages s | days s | own topics s | processor s | memory MB |"]
    rows.append("|---|---|---|---|---|---|---|---|")
    for name, one in found["figures"]["city_1"].items():
        parts = (one["messages_seconds"], one["days_seconds"], one["own_seconds"], one["cpu_seconds"])
        counts = f"{one['records'] + one['own_records']:,} | {one['published']:,}"
        rows.append(f"| {name} | {counts} | {' | '.join(f'{part:.1f}' for part in parts)} | {one['peak_mb']} |")
    return rows


def whole(found: Figures) -> list[str]:
    figures = found["figures"]
    seconds, consuming = figures["whole_city_replay_seconds"], figures["whole_city_consume_seconds"]
    told = f"{figures['whole_city_events']:,} events, read {figures['whole_city_records']:,} times by the services that"
    told += f" declare them: {seconds:.0f} s, of which {consuming:.0f} s are what they consume and publish, all four at"
    return [f"{told} once, and the rest the folds of their own topics."]


def latency(found: Figures) -> list[str]:
    rows = ["| | p50 ms | p99 ms |", "|---|---|---|"]
    told = {
        "bare": "as many bare hops",
        "casework": "visible in casework, idle",
        "reporting": "visible in reporting, idle",
        "both": "visible in both, idle",
        "loaded": f"visible in both, {found['figures']['latency_load_events_per_second']:,} events/s",
    }
    measured = found["figures"]["latency_ms"]
    return rows + [
        f"| {text} | {measured[name]['p50']:.1f} | {measured[name]['p99']:.1f} |" for name, text in told.items()
    ]


def peaks(found: Figures) -> list[str]:
    """Memory at its most, by process."""
    figures = found["figures"]
    idle, loaded, whole_city = (figures[f"{name}_peak_mb"] for name in ("stack_idle", "stack", "whole_city"))
    rows = ["| process | idle MB | loaded MB | whole city MB |", "|---|---|---|---|"]
    for name, mb in idle.items():
        called = "postmaster, without its children" if name == postgres.NAME else name
        rows.append(f"| {called} | {mb} | {loaded[name]} | {whole_city.get(name, '')} |")
    told = f"The stack on the lived year starts in {figures['stack_start_seconds']:.1f} s. Idle and loaded: as for the"
    told += " latencies; the whole city: while it is read again."
    return [*rows, "", told]


def plan(found: Figures) -> list[str]:
    figures = found["figures"]
    rows = ["| service | records a year | a second | core-seconds to read it | replicas | database GB | fold GB |"]
    rows.append("|---|---|---|---|---|---|---|")
    for one in needs(figures):
        records = f"{one.records / 1e6:,.0f} million | {one.records / YEAR_SECONDS:.1f}"
        needed = f"{one.core_seconds:,.0f} | {one.replicas} | {one.stored_gb:,.0f} | {one.fold_gb:,.0f}"
        rows.append(f"| {one.service} | {records} | {needed} |")
    told = (
        f"{CITIES} cities; a second: on average; core-seconds: those of PostgreSQL and Kafka too; replicas: to read the"
    )
    told += f" year again within {REPLAY_HOURS} hours, a core each; fold: memory of the one process that folds its own"
    told += f" topics. What the lines through 1 x and 4 x say of the whole city ({WHOLE} x), all services together:"
    return [*rows, "", told, "", *_checked(figures)]


def _checked(figures: Figures) -> list[str]:
    rows = ["| | foretold | measured | |", "|---|---|---|---|"]
    names = {"all_cpu_seconds": "core-seconds", "stored_mb": "databases MB", "own_peak_mb": "folds MB"}
    for name, (said, was) in foretold(figures).items():
        rows.append(f"| {names[name]} | {said:,.0f} | {was:,.0f} | {was / said - 1:+.0%} |")
    return rows


def machine(found: Figures) -> list[str]:
    one = found["figures"]["machine"]
    first = f"{one['processor']}, {one['cores']} cores, {one['memory_gb']} GB, {one['system']}"
    rest = ", ".join(f"{name} {one[name]}" for name in one if name not in {"processor", "cores", "memory_gb", "system"})
    return [f"{first}; {rest}."]


BLOCKS: Final[Mapping[str, Callable[[Figures], list[str]]]] = {
    "ratios": ratios,
    "replay": replay,
    "latency": latency,
    "whole": whole,
    "peaks": peaks,
    "plan": plan,
    "machine": machine,
}


def filled(page: str, found: Figures) -> str:
    """The page with its tables made anew; one whose figures this run lacks stays as it is."""
    for name, block in BLOCKS.items():
        begin = f"<!-- bench: {name} -->\n"
        before, there, after = page.partition(begin)
        if not there:
            raise ValueError(f"docs/performance.md has no place for {name}")
        try:
            made = "\n".join(block(found))
        except KeyError:
            continue
        page = f"{before}{begin}{made}\n{END}{after.partition(END)[2]}"
    return page


if __name__ == "__main__":
    measured = Path(sys.argv[1]) if len(sys.argv) > 1 else MEASURED
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8"), json.loads(measured.read_text())), encoding="utf-8")
