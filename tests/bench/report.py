"""What a run found, for programs (`build/bench.json`) and for people (a table)."""

import json
from collections.abc import Sequence
from pathlib import Path

from rich.table import Table

from tests.bench.results import Ratio, Results


def write(path: Path, results: Results, failed: Sequence[str] = ()) -> None:
    """Whole or not at all: a reader never sees half a file. `failed`: measurements of which there are no figures."""
    path.parent.mkdir(parents=True, exist_ok=True)
    found = {
        "ratios": {ratio.name: ratio.as_dict() for ratio in results.ratios},
        "figures": results.figures,
        "failed": list(failed),
    }
    new = path.with_name(f"{path.name}.new")
    new.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    new.replace(path)


def table(results: Results) -> Table:
    """Ratios with their goals first, then the single figures."""
    told = Table(title="Ratios", title_justify="left")
    for heading in ("what", "median", "lowest to highest", "goal", ""):
        told.add_column(heading, justify="left" if heading == "what" else "right")
    for ratio in results.ratios:
        told.add_row(*_row(ratio))
    told.add_section()
    for name, value in results.figures.items():
        if isinstance(value, (int, float)):
            told.add_row(name, f"{value:,.2f}" if isinstance(value, float) else f"{value:,}", "", "", "")
    return told


def _row(ratio: Ratio) -> tuple[str, str, str, str, str]:
    said = ratio.as_dict()
    lowest, highest = said["spread"]
    met = "[green]met[/green]" if ratio.met else "[bold red]not met[/bold red]"
    return ratio.name, f"{ratio.value:.2f}", f"{lowest:.2f} to {highest:.2f}", said["goal"], met
