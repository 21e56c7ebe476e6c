"""What an image installs is what its code imports, in the versions that everything else is tested with."""

import ast
import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OURS = {"contracts", "services", "lotse", "simulation"}
OPERATOR = ("calendar.py", "provision.py", "daylog.py", "settled.py", "kept.py", "clock.py", "play.py", "refusal.py")
CODE = {
    "service": ("contracts", "services"),
    "operator": ("contracts", "simulation", "lotse/container", *(f"lotse/{name}" for name in OPERATOR)),
}


def pinned(name: str) -> dict[str, str]:
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    return dict(re.findall(r"^([A-Za-z0-9_.-]+)==(\S+)", text, re.MULTILINE))


def imported(paths: tuple[str, ...]) -> set[str]:
    """Top-level modules of other people's."""
    found = set()
    for path in paths:
        at = ROOT / path
        for source in [at] if at.is_file() else at.rglob("*.py"):
            for node in ast.walk(ast.parse(source.read_text())):
                if isinstance(node, ast.Import):
                    found |= {alias.name.partition(".")[0] for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and node.module:
                    found.add(node.module.partition(".")[0])
    return found - OURS - sys.stdlib_module_names


@pytest.mark.parametrize("name", CODE)
def test_everything_that_is_imported_is_installed(name: str) -> None:
    distributions = packages_distributions()
    installed = {package.lower().replace("_", "-") for package in pinned(name)}
    missing = {
        module
        for module in imported(CODE[name])
        if not {distribution.lower().replace("_", "-") for distribution in distributions[module]} & installed
    }
    assert not missing, f"write what brings {', '.join(sorted(missing))} into requirements/{name}.in: make requirements"


@pytest.mark.parametrize("name", CODE)
def test_versions_are_those_of_all_other_tests(name: str) -> None:
    everywhere = pinned("run")
    assert {package: version for package, version in pinned(name).items() if everywhere.get(package) != version} == {}
