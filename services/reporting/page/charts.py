"""Lines and bars as SVG, drawn by pygal and dressed by page.css: no script, no style and no font of their own."""

import math
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from types import ModuleType
from typing import Any, Final

_SVG: Final = "http://www.w3.org/2000/svg"
_TO_REMOVE: Final = {"script", "style", "desc", "title", "defs"}
"""pygal's own: what it would do and look like, and the values of dots, which the table beside the chart has."""
_EMPTY: Final = {"tooltip-overlay", "tooltip", "text-overlay", "titles"}
SIZES: Final = {"wide": (520, 310), "narrow": (360, 300)}
"""Width and height by the class of page.css that shows one or the other; text keeps its size."""


class Kind(StrEnum):
    LINES = "lines"
    BARS = "bars"
    STACK = "stack"


@dataclass(frozen=True, slots=True)
class Series:
    name: str
    values: Sequence[float | None]


def draw(
    kind: Kind,
    series: Sequence[Series],
    labels: Sequence[str],
    *,
    name: str,
    title: str,
    text: str,
    write: Callable[[float], str],
) -> str:
    """A chart in both sizes; `write` gives the words of an axis. Nothing if there is no value but 0."""
    if not any(value for one in series for value in one.values):
        return ""
    drawn = (_draw(kind, series, labels, size, f"{name}-{size}", title, text, write) for size in SIZES)
    return "".join(drawn)


def _draw(
    kind: Kind,
    series: Sequence[Series],
    labels: Sequence[str],
    size: str,
    name: str,
    title: str,
    text: str,
    write: Callable[[float], str],
) -> str:
    pygal = _library()
    width, height = SIZES[size]
    every = -(-len(labels) // (6 if size == "wide" else 4))
    classes = {Kind.LINES: pygal.Line, Kind.BARS: pygal.Bar, Kind.STACK: pygal.StackedBar}
    chart = classes[kind](
        width=width,
        height=height,
        show_legend=False,
        js=(),
        css=(),
        no_prefix=True,
        dots_size=3.5,
        allow_interruptions=True,
        value_formatter=write,
        margin=4,
        spacing=10,
        truncate_label=-1,
        show_minor_x_labels=False,
        print_values=False,
        zero=0,
        style=pygal.style.Style(label_font_size=13, major_label_font_size=13, font_family="sans-serif"),
    )
    chart.x_labels = list(labels)
    chart.y_labels = chart.y_labels_major = _ticks(kind, series)
    chart.x_labels_major = [label for at, label in enumerate(reversed(labels)) if at % every == 0]
    for one in series:
        chart.add(one.name, list(one.values))
    return _dressed(chart.render_tree(), name, title, text, f"chart {size} {kind}")


def _ticks(kind: Kind, series: Sequence[Series]) -> list[float]:
    """Round numbers around all values, from 0 but for lines that stay far from it."""
    columns = zip(*(one.values for one in series), strict=True)
    known = [value for one in series for value in one.values if value is not None]
    high = max(sum(value or 0 for value in column) for column in columns) if kind is Kind.STACK else max(known)
    low = min(known) if kind is Kind.LINES and min(known) > high / 2 else 0
    rough = (high - low or 1) / 4
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * times for times in (1, 2, 2.5, 5, 10) if power * times >= rough)
    if high >= 4:
        step = max(step, 1) if step != 2.5 else 5
    first, last = math.floor(low / step), math.ceil(high / step)
    return [round(step * at, 6) for at in range(first, max(last, first + 1) + 1)]


@cache
def _library() -> ModuleType:
    """Only whoever looks at the page pays for it. Its way of finding plug-ins warns at every later import."""
    import pygal

    sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, pygal.PluginImportFixer)]
    return pygal


def _dressed(root: ET.Element, name: str, title: str, text: str, classes: str) -> str:
    for parent in list(root.iter()):
        for child in list(parent):
            if callable(child.tag) or child.tag.rpartition("}")[2] in _TO_REMOVE or _classes(child) & _EMPTY:
                parent.remove(child)
    for element in root.iter():
        element.attrib.pop("style", None)
        element.attrib.pop("id", None)
    root.attrib.update({"class": classes, "role": "img", "aria-labelledby": f"{name}-title {name}-text"})
    for at, (tag, content) in enumerate((("title", title), ("desc", text))):
        said = ET.Element(tag, {"id": f"{name}-{'title' if tag == 'title' else 'text'}"})
        said.text = content
        root.insert(at, said)
    return ET.tostring(root, encoding="unicode").replace(f' xmlns="{_SVG}"', "")


def _classes(element: Any) -> set[str]:
    return set(element.attrib.get("class", "").split())
