"""The city's memory: what it decided for a day before it does so, and what the services answered.

A line is either there as a whole or not at all. A city that was killed reads its journal, redoes the day it was at with
the same idempotency keys, and goes on.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import orjson


class Journal:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = -1

    def __enter__(self) -> Self:
        """Cut off what a crash left half written, and go on behind it."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        content = self._path.read_bytes()
        os.ftruncate(self._file, content.rfind(b"\n") + 1)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._file)

    def entries(self) -> Iterator[dict[str, Any]]:
        for line in self._path.read_bytes().splitlines():
            yield orjson.loads(line)

    def write(self, entry: dict[str, Any]) -> None:
        os.write(self._file, orjson.dumps(entry) + b"\n")
