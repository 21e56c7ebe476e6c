"""What operators read: every metric is documented, every alert names a metric that exists and says what to do."""

import re
from pathlib import Path
from typing import Any, Final

import pytest
import yaml  # type: ignore[import-untyped]

from services.runtime.telemetry import Metrics

ROOT: Final = Path(__file__).parents[2]
SERIES: Final = {"counter": "_total", "gauge": "", "histogram": ""}
PROMETHEUS_OWN: Final = {"up"}
RULES: Final[list[dict[str, Any]]] = [
    rule for group in yaml.safe_load((ROOT / "deploy/alerts.yml").read_text())["groups"] for rule in group["rules"]
]


def registered() -> dict[str, tuple[str, tuple[str, ...]]]:
    """By name as Prometheus shows it: type and labels. What `Metrics` holds and the registry lacks is found too."""
    made = [value for value in vars(Metrics()).values() if hasattr(value, "_labelnames")]
    return {one._name + SERIES[one._type]: (one._type, tuple(one._labelnames)) for one in made}


def documented() -> dict[str, tuple[str, tuple[str, ...]]]:
    text = (ROOT / "docs/observability.md").read_text()
    table = text.partition("<!-- metrics:")[2].partition("<!-- end -->")[0]
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines() if line.startswith("| `")]
    return {row[0].strip("`"): (row[1], tuple(filter(None, row[2].split(", ")))) for row in rows}


def anchors(path: str) -> set[str]:
    """As GitHub makes them of headings."""
    headings = re.findall(r"^#+ (.+)$", (ROOT / path).read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_metric_has_its_row_and_every_row_its_metric() -> None:
    assert documented() == registered()


def test_the_registry_holds_what_is_documented() -> None:
    in_registry = {family.name for family in Metrics().registry.collect()}
    assert in_registry == {name.removesuffix("_total") for name in documented()}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alert_asks_for_metrics_that_exist_and_says_what_to_do(rule: dict[str, Any]) -> None:
    expression = re.sub(r"\{[^}]*\}", "", rule["expr"])
    named = set(re.findall(r"\b(lotse_\w+|up)\b", expression))
    assert named
    assert named <= registered().keys() | PROMETHEUS_OWN
    path, _, anchor = rule["annotations"]["runbook"].partition("#")
    assert anchor in anchors(path)
    assert rule["labels"]["severity"] in {"page", "ticket"}


def test_the_table_names_the_alerts_that_there_are() -> None:
    table = (ROOT / "docs/observability.md").read_text()
    for rule in RULES:
        if "lotse_" in rule["expr"]:
            assert f"| {rule['alert']} |" in table
