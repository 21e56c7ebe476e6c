"""Drives every operation of a service with good, bad and nasty requests, and says what was answered wrongly.

Good and bad ones come from the service's own description (schemathesis); a nasty one is a good one in which a value was
replaced by what nobody means: control characters, lone surrogates, days at the ends of time, numbers beyond any column.
"""

import contextlib
import copy
import json
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Final

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode

from services.runtime.problems import MEDIA_TYPE
from tests.component.runtime.world import CALLER

DEEP: Final = int(os.environ.get("LOTSE_DEEP", "1"))
"""How many times as many requests as in every run: a search that takes as much longer."""
MARK: Final = "Zzyzx"
"""Is in what is sent, as a name would be, and so must be in no log."""
SLOW: Final = 5.0
"""Seconds that no answer may take."""
NASTY: Final[tuple[Any, ...]] = (
    f"\x00{MARK}",
    f"{MARK}\ud800",
    MARK * 4000,
    f"{MARK}\u202e\ufeff\n\r\t",
    "",
    " ",
    "0001-01-01",
    "9999-12-31",
    "2001-02-29",
    "00000000-0000-0000-0000-000000000000",
    10**30,
    -(2**63),
    2**31,
    -1,
    0,
    1e308,
    True,
    None,
    [],
    {},
    [[[[[[MARK]]]]]],
)
HEADERS: Final = ("", " ", MARK * 2000, f"{MARK}\t", "a" * 200)


@schemathesis.serializer("application/x-ndjson")
def _lines(_: Any, value: Any) -> bytes:
    """Lines as they are, or one of each element."""
    if isinstance(value, str):
        return value.encode(errors="surrogatepass")
    return b"\n".join(json.dumps(one).encode() for one in (value if isinstance(value, list) else [value]))


_PROBLEM: Final = {"type", "title", "status", "detail", "code"}


@dataclass
class Driver:
    """`known`: ids that exist, by the names of the parameters that they are for. `faults`: what was answered wrongly.
    `answered`: how often, by status."""

    url: str
    known: Mapping[str, Sequence[str]]
    examples: int
    faults: list[str] = field(default_factory=list)
    answered: dict[int, int] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=count)
    _session: requests.Session = field(default_factory=requests.Session)

    def drive(self) -> None:
        """Every operation of the service's description."""
        for found in schemathesis.openapi.from_url(f"{self.url}/openapi.json").get_all_operations():
            assert isinstance(found, Ok), found
            operation = found.ok()
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                with contextlib.suppress(Unsatisfiable):  # without parameters nothing can be wrong
                    self._try(operation, mode)

    def _try(self, operation: Any, mode: GenerationMode) -> None:
        places, values = st.integers(0, 40), st.sampled_from(NASTY)

        @settings(
            max_examples=self.examples * DEEP,
            derandomize=True,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(
            case=operation.as_strategy(generation_mode=mode),
            number=st.integers(0, 5),
            place=places,
            value=values,
            header=st.sampled_from((None, None, None, *HEADERS)),
        )
        def once(case: Any, number: int, place: int, value: Any, header: str | None) -> None:
            self._name(case, number)
            if mode is GenerationMode.POSITIVE and number % 2:
                case.body = _with(case.body, place, value)
            self._send(case, header, place, good=mode is GenerationMode.POSITIVE)

        once()

    def _name(self, case: Any, number: int) -> None:
        """In most cases the ids of the address are those of somebody."""
        for name in case.path_parameters or {}:
            if number and (ids := self.known.get(name)):
                case.path_parameters[name] = ids[number % len(ids)]
        for name in case.query or {}:
            if number > 2 and (ids := self.known.get(name)):
                case.query[name] = ids[number % len(ids)]

    def _send(self, case: Any, header: str | None, place: int, *, good: bool) -> None:
        given_headers = {**CALLER, "Idempotency-Key": f"driven-{next(self._numbers)}"} if good or place % 2 else {}
        if header is not None and given_headers:
            given_headers[list(given_headers)[place % len(given_headers)]] = header
        for name in [*(case.headers or {})]:
            if name in given_headers:
                del case.headers[name]
        what = f"{case.method} {case.formatted_path} {case.query} {str(case.body)[:300]!r}"
        began = time.monotonic()
        try:
            answer = case.call(base_url=self.url, headers=given_headers, session=self._session, timeout=60)
        except (requests.exceptions.InvalidHeader, UnicodeEncodeError):
            return  # no client can send it
        except requests.exceptions.RequestException as error:
            self.faults.append(f"{what}: no answer, {type(error).__name__}: {error}")
            return
        took = time.monotonic() - began
        self.answered[answer.status_code] = self.answered.get(answer.status_code, 0) + 1
        self.faults += (f"{what}: {fault}" for fault in self._wrong(case, answer, took))

    def _wrong(self, case: Any, answer: Any, took: float) -> Iterator[str]:
        status, kind = answer.status_code, answer.headers.get("content-type", [""])[0]
        if took > SLOW:
            yield f"{took:.1f} s"
        if status >= 500:
            yield f"{status} {answer.text[:300]}"
        if status >= 400:
            if kind != MEDIA_TYPE:
                yield f"{status} as {kind}: {answer.text[:200]}"
                return
            told = json.loads(answer.text)
            if not told.keys() >= _PROBLEM or not told["detail"] or told["status"] != status:
                yield f"{status} does not say what to do: {answer.text[:300]}"
            if MARK in answer.text:
                yield f"{status} says what was sent: {answer.text[:300]}"
        documented = case.operation.definition.raw["responses"]
        if str(status) not in documented and f"{status // 100}XX" not in documented and "default" not in documented:
            yield f"{status} is not in the description: {answer.text[:200]}"


def _with(body: Any, place: int, value: Any) -> Any:
    """The body with one of its values replaced."""
    if not isinstance(body, dict | list) or not body:
        return body
    found = copy.deepcopy(body)
    leaves = list(_leaves(found))
    holder, key = leaves[place % len(leaves)]
    holder[key] = value
    return found


def _leaves(value: Any) -> Iterator[tuple[Any, Any]]:
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, one in list(items):
        if isinstance(one, dict | list) and one:
            yield from _leaves(one)
        yield value, key
