"""`python -m tests.chaos.page`: the table of docs/chaos.md, from build/chaos.json."""

import json
import sys
from pathlib import Path
from typing import Any, Final

PAGE: Final = Path("docs/chaos.md")
BEGIN: Final = "<!-- results: written by python -m tests.chaos.page -->\n"
END: Final = "<!-- end -->"


def table(run: dict[str, Any]) -> str:
    """What was injected, and how long it took until nothing was on its way any more."""
    rows = [
        f"| {kind} | {count} | {run['recovery_seconds'][kind]['median']} | {run['recovery_seconds'][kind]['worst']} |"
        for kind, count in run["faults"].items()
    ]
    rebuilt = len(run["replayed_twice_after"])
    total = (
        f"{run['faults_injected']} faults, {run['checks']} checks of everything, {rebuilt} kinds of fault after"
        f" which all services were rebuilt from zero, twice; {run['events']:,} records on the topics,"
        f" {run['commands']:,} commands, {run['seconds'] / 60:.0f} minutes. **{run['violations']} violations.**"
    )
    head = "| fault | injected | recovery in seconds, median | worst |\n|---|---:|---:|---:|"
    return "\n".join([total, "", head, *rows]) + "\n"


def filled(page: str, run: dict[str, Any]) -> str:
    """The page with the run's table between its marks."""
    before, _, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        raise ValueError(f"{PAGE} has no place for results")
    return f"{before}{BEGIN}{table(run)}{end}{after}"


if __name__ == "__main__":
    said: dict[str, Any] = json.loads(Path(sys.argv[1] if len(sys.argv) > 1 else "build/chaos.json").read_text())
    PAGE.write_text(filled(PAGE.read_text(), said))
