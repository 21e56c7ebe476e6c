"""docs/adr: each decision has a number of its own, and the index lists every one."""

import re
from pathlib import Path

ADR = Path(__file__).parents[2] / "docs/adr"


def test_every_decision_has_a_number_of_its_own_and_is_listed_in_order() -> None:
    files = sorted(found.name for found in ADR.glob("[0-9]*.md"))
    index = (ADR / "README.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| \[(\d{4})\]\(([^)]+)\) \|", index, re.MULTILINE)

    assert [name for _, name in listed] == files
    assert [number for number, _ in listed] == [name[:4] for name in files]
    assert len({name[:4] for name in files}) == len(files)
    assert all((ADR / name).read_text(encoding="utf-8").startswith(f"# {name[:4]} ") for name in files)
