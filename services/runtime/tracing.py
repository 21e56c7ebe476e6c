"""Traces as the rest of the runtime sees them. Off, which is the default, every call here returns at once.

One W3C trace follows a cause: an HTTP command, its transaction, the relay's send of what it published, each consumer's
handling of that record, and on. The `traceparent` header of a record of ours is the span that decided it. Partner
topics carry none (domain.md section 7), and what an agency sends as one is ignored: its message begins a new trace
with a link to the one that first wrote to the agency about the same key.

On by OpenTelemetry's own variables, see docs/observability.md; its libraries are imported only then (spans.py).
"""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import asyncpg

if TYPE_CHECKING:
    from services.runtime.decision import Message
    from services.runtime.outgoing import Outgoing
    from services.runtime.telemetry import Metrics

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")


class Spans:
    """The spans of one transaction, ended together when it is over. None here: tracing is off."""

    traceparent: str | None = None
    """Of what is being decided now: it goes into the headers of what this leads to."""

    def received(self, record: Any, message: "Message | None") -> None:
        """From now on this record is being handled."""

    def fate(self, fate: str) -> None:
        """What became of it."""

    def timer(self, name: str) -> None:
        """From now on something is decided because a day has begun."""

    def command(self, request: str | None) -> None:
        """From now on the command of this request is carried out."""

    async def look_up(self, db: asyncpg.Connection, heard: Sequence[tuple[str, str]]) -> None:
        """Reads what will be linked: `heard` are (agency, key) of partners' messages."""

    async def offered(self, db: asyncpg.Connection, outgoing: Sequence["Outgoing"]) -> None:
        """Keeps which trace first wrote to an agency about a key."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """The transaction is committed, or failed with this error."""


OFF = Spans()


class Tracing:
    """Where spans come from. This one makes none."""

    def transaction(self) -> Spans:
        return OFF

    @contextlib.contextmanager
    def request(self, route: str, traceparent: str | None) -> Iterator[str | None]:  # noqa: ARG002
        """The span of an HTTP command, continuing the caller's trace; its traceparent."""
        yield None

    def sent(self, rows: Sequence[Any], began: int) -> None:
        """The broker has acknowledged these outbox rows; `began`: nanoseconds since 1970."""

    def stop(self) -> None:
        """Exports what is left, for at most a second."""


def wanted(environment: Mapping[str, str]) -> bool:
    """Whether OpenTelemetry's variables name a collector and do not say no."""
    return (
        any(environment.get(name) for name in _ENDPOINTS)
        and environment.get("OTEL_SDK_DISABLED", "").lower() != "true"
        and environment.get("OTEL_TRACES_EXPORTER", "otlp") == "otlp"
    )


def tracing(service: str, metrics: "Metrics", environment: Mapping[str, str]) -> Tracing:
    """As the environment wants it."""
    if not wanted(environment):
        return Tracing()
    from services.runtime.spans import Recording

    return Recording(service, metrics, named="OTEL_SERVICE_NAME" in environment)
