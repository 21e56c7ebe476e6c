"""Spans by OpenTelemetry's SDK, exported as OTLP over HTTP by a thread of its own: a queue that is full drops spans.

No attribute holds a subject, a path, an error's text or anything that an agency chose: topic, partition, offset and our
own events' ids and types name a record well enough for `lotse trace` and `lotse dlq`.
"""

import contextlib
import logging
from collections.abc import Iterator, Sequence
from threading import Thread
from types import TracebackType
from typing import Any, Final

import asyncpg
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import Span, SpanKind, StatusCode, get_current_span, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from services.runtime.decision import Message, Refusal
from services.runtime.outgoing import Outgoing, unpack
from services.runtime.telemetry import Metrics, log
from services.runtime.tracing import Spans, Tracing

_STOP_SECONDS: Final = 1.0
_W3C: Final = TraceContextTextMapPropagator()
_KNOWN: Final = """select agency, key, traceparent from trace_link
where (agency, key) in (select * from unnest($1::text[], $2::text[]))"""
_OFFER: Final = """insert into trace_link (agency, key, traceparent)
select * from unnest($1::text[], $2::text[], $3::text[]) on conflict do nothing"""


class Recording(Tracing):
    """Tracing that is on. Endpoint, sampler, limits and headers are the SDK's own variables."""

    def __init__(self, service: str, metrics: Metrics, *, named: bool) -> None:
        logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)  # says at every export what we say once
        resource = {"service.namespace": "lotse"} | ({} if named else {"service.name": service})
        self._provider = TracerProvider(resource=Resource.create(resource), shutdown_on_exit=False)
        self._processor = BatchSpanProcessor(_Counting(OTLPSpanExporter(), metrics))
        self._provider.add_span_processor(self._processor)
        self._tracer = self._provider.get_tracer("lotse")
        self._service = service

    def transaction(self) -> Spans:
        return Transaction(self)

    def start(
        self, name: str, kind: SpanKind, parent: str | None, attributes: dict[str, Any], began: int | None = None
    ) -> Span:
        """A span below `parent`, or the root of a trace of its own."""
        return self._tracer.start_span(
            name, _context(parent), kind, attributes | {"messaging.client.id": self._service}, start_time=began
        )

    @contextlib.contextmanager
    def request(self, route: str, traceparent: str | None) -> Iterator[str | None]:
        method, _, template = route.partition(" ")
        attributes = {"http.request.method": method, "http.route": template}
        span = self.start(route, SpanKind.SERVER, traceparent, attributes)
        try:
            yield traceparent_of(span)
        except Refusal as refusal:
            span.set_attribute("http.response.status_code", refusal.status)
            span.set_attribute("error.type", refusal.code)
            raise
        except BaseException as error:
            _failed(span, error)
            raise
        finally:
            span.end()

    def sent(self, rows: Sequence[Any], began: int) -> None:
        for _, topic, partition, _, packed, _ in rows:
            headers = dict(unpack(packed))
            if (parent := headers.get("traceparent")) is not None and "dl_topic" not in headers:
                attributes = _place("send", topic, partition) | {
                    "messaging.message.id": (headers["ce_id"] or b"").decode(),
                    "lotse.message.type": (headers["ce_type"] or b"").decode(),
                }
                self.start(f"send {topic}", SpanKind.PRODUCER, parent.decode(), attributes, began).end()

    def stop(self) -> None:
        closing = Thread(target=self._provider.shutdown, daemon=True)
        closing.start()
        closing.join(_STOP_SECONDS)


class Transaction(Spans):
    """One span for each message, timer or command; all end when the transaction does."""

    def __init__(self, tracing: Recording) -> None:
        self._tracing = tracing
        self._open: dict[str, Span] = {}
        self._now: Span | None = None
        self._known: dict[tuple[str, str], str] = {}
        self._linked: set[tuple[int, int]] = set()

    def received(self, record: Any, message: Message | None) -> None:
        foreign = message is None or message.topic.agency is not None
        attributes = _place("process", record.topic, record.partition)
        attributes["messaging.kafka.offset"] = record.offset
        parent = None
        if message is not None:
            attributes["lotse.message.type"] = message.event.type_name()
        if message is not None and not foreign:
            attributes["messaging.message.id"] = message.id
            raw = dict(record.headers).get("traceparent")
            parent = raw.decode("latin-1") if raw else None
        self._begin(f"process {record.topic}", SpanKind.CONSUMER, parent, attributes)
        if message is not None and message.topic.agency is not None:
            self._link((message.topic.agency, message.subject))

    def fate(self, fate: str) -> None:
        if self._now is not None:
            self._now.set_attribute("lotse.fate", fate)
            if fate == "dead":
                self._now.set_status(StatusCode.ERROR)

    def timer(self, name: str) -> None:
        self._begin(name, SpanKind.INTERNAL, None, {})

    def command(self, request: str | None) -> None:
        self._begin("transaction", SpanKind.INTERNAL, request, {})

    async def look_up(self, db: asyncpg.Connection, heard: Sequence[tuple[str, str]]) -> None:
        if heard:
            rows = await db.fetch(_KNOWN, *(list(column) for column in zip(*heard, strict=True)))
            self._known |= {(agency, key): traceparent for agency, key, traceparent in rows}

    async def offered(self, db: asyncpg.Connection, outgoing: Sequence[Outgoing]) -> None:
        """Also links to it from whatever writes to the agency later, such as a timer."""
        told = [(one.topic.agency, one.event.subject, one) for one in outgoing if one.topic.agency and one.traceparent]
        if not told:
            return
        first = {(agency, key): one.traceparent for agency, key, one in reversed(told)}
        rows = sorted((*place, traceparent) for place, traceparent in first.items())
        await db.execute(_OFFER, *(list(column) for column in zip(*rows, strict=True)))
        await self.look_up(db, list(first))
        for agency, key, one in told:
            self._now = self._open[one.traceparent or ""]
            self._now.add_event(
                "offered", {"messaging.destination.name": one.topic.name, "messaging.message.id": one.id}
            )
            self._link((agency, key))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for span in self._open.values():
            if error is not None:
                _failed(span, error)
            span.end()

    def _begin(self, name: str, kind: SpanKind, parent: str | None, attributes: dict[str, Any]) -> None:
        self._now = self._tracing.start(name, kind, parent, attributes)
        self.traceparent = traceparent_of(self._now)
        self._open[self.traceparent] = self._now

    def _link(self, place: tuple[str, str]) -> None:
        """To the trace that first wrote to this agency about this key, unless that is our own."""
        if self._now is None:
            return
        linked, own = (
            get_current_span(_context(self._known.get(place))).get_span_context(),
            self._now.get_span_context(),
        )
        pair = own.span_id, linked.trace_id
        if linked.is_valid and linked.trace_id != own.trace_id and pair not in self._linked:
            self._linked.add(pair)
            self._now.add_link(linked)


class _Counting(SpanExporter):
    """Says once that the collector is away, and once that it is back."""

    def __init__(self, exporter: SpanExporter, metrics: Metrics) -> None:
        self._exporter, self._metrics, self._away = exporter, metrics, False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        found = self._exporter.export(spans)
        away = found is not SpanExportResult.SUCCESS
        self._metrics.spans.labels("lost" if away else "exported").inc(len(spans))
        if away != self._away:
            self._away = away
            log().warning("collector away: spans are lost" if away else "collector is back")
        return found

    def shutdown(self) -> None:
        self._exporter.shutdown()


def _context(traceparent: str | None) -> Context:
    """Empty, so that a span becomes a root, where there is no readable traceparent."""
    return _W3C.extract({"traceparent": traceparent} if traceparent else {}, Context())


def traceparent_of(span: Span) -> str:
    carrier: dict[str, str] = {}
    _W3C.inject(carrier, set_span_in_context(span, Context()))
    return carrier["traceparent"]


def _place(operation: str, topic: str, partition: int) -> dict[str, Any]:
    return {
        "messaging.system": "kafka",
        "messaging.operation.name": operation,
        "messaging.operation.type": operation,
        "messaging.destination.name": topic,
        "messaging.destination.partition.id": str(partition),
    }


def _failed(span: Span, error: BaseException) -> None:
    """Its kind only: its text may quote what it stumbled over."""
    span.set_status(StatusCode.ERROR)
    span.set_attribute("error.type", f"{type(error).__module__}.{type(error).__qualname__}")
