"""What a run did and found: `build/chaos.json`."""

import json
import statistics
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.table import Table

from tests.chaos.faults import Fault
from tests.chaos.verdict import Verdict


@dataclass
class Record:
    seed: int
    scale: float
    faults: Counter[str] = field(default_factory=Counter)
    targets: Counter[str] = field(default_factory=Counter)
    recoveries: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    violations: list[dict[str, str]] = field(default_factory=list)
    not_run: dict[str, str] = field(default_factory=dict)
    replayed: set[str] = field(default_factory=set)
    """Kinds of fault after which all services were rebuilt from zero, twice."""
    checks: int = 0
    figures: dict[str, Any] = field(default_factory=dict)
    events: int = 0
    commands: int = 0
    seconds: float = 0.0

    def note(self, fault: Fault, times: int, verdict: Verdict) -> None:
        """An injected fault, healed and judged."""
        self.checks += 1
        self.faults[fault.kind] += times
        self.targets[f"{fault.kind} {fault.target}"] += times
        self.recoveries[fault.kind].append(verdict.recovery)
        self.blame(f"{fault.kind} {fault.target}", verdict.violations)

    def blame(self, after: str, violations: list[str]) -> None:
        self.violations += [{"after": after, "what": one} for one in violations]

    def as_dict(self) -> dict[str, Any]:
        recovery = {
            kind: {"median": round(statistics.median(found), 1), "worst": round(max(found), 1)}
            for kind, found in sorted(self.recoveries.items())
        }
        return {
            "faults": dict(sorted(self.faults.items())),
            "faults_injected": self.faults.total(),
            "events": self.events,
            "commands": self.commands,
            "violations": len(self.violations),
            "recovery_seconds": recovery,
            "not_run": self.not_run,
            "checks": self.checks,
            "targets": dict(sorted(self.targets.items())),
            "replayed_twice_after": sorted(self.replayed),
            "violations_found": self.violations,
            "figures_of_the_undisturbed_run": self.figures,
            "seed": self.seed,
            "scale": self.scale,
            "seconds": round(self.seconds, 1),
        }

    def write(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_suffix(".new")
        new.write_text(json.dumps(self.as_dict(), indent=2) + "\n")
        new.replace(path)

    def table(self) -> Table:
        table = Table("fault", "injected", "recovery, median", "worst", title="Faults, and seconds until all was still")
        for kind, count in sorted(self.faults.items()):
            found = self.recoveries[kind]
            table.add_row(kind, str(count), f"{statistics.median(found):.1f} s", f"{max(found):.1f} s")
        return table
