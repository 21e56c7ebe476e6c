"""Metrics and logs. Neither ever holds a name, a birth date, an address or a message's content."""

import logging
import sys
import traceback
from dataclasses import dataclass, field
from pathlib import Path

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_SIZES = (1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500)
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


@dataclass
class Metrics:
    """A service's Prometheus metrics, in a registry of their own."""

    registry: CollectorRegistry = field(default_factory=CollectorRegistry)

    def __post_init__(self) -> None:
        registry = self.registry
        self.messages = Counter("lotse_messages", "Messages by topic and fate", ["topic", "fate"], registry=registry)
        self.dead_letters = Counter(
            "lotse_dead_letters", "Records put on a dead-letter topic", ["topic"], registry=registry
        )
        self.batch_size = Histogram(
            "lotse_batch_records", "Records in one transaction", buckets=_SIZES, registry=registry
        )
        self.batch_seconds = Histogram(
            "lotse_batch_seconds", "Time of one transaction", buckets=_SECONDS, registry=registry
        )
        self.command_seconds = Histogram(
            "lotse_command_seconds", "Time of one command", ["fate"], buckets=_SECONDS, registry=registry
        )
        self.relayed = Counter("lotse_relayed", "Messages published from the outbox", registry=registry)
        self.retries = Counter(
            "lotse_retries", "Attempts repeated because something was away", ["part"], registry=registry
        )
        self.lag = Gauge("lotse_lag_records", "Records of a topic not yet applied", ["topic"], registry=registry)
        self.outbox_rows = Gauge("lotse_outbox_rows", "Messages waiting for the relay", registry=registry)
        self.outbox_age = Gauge(
            "lotse_outbox_age_seconds", "Age of the oldest message waiting for the relay", registry=registry
        )
        self.parked = Gauge("lotse_parked_subjects", "Subjects that wait for a redrive", registry=registry)
        self.stopped = Gauge(
            "lotse_stopped_partitions", "Partitions stopped because records were lost", registry=registry
        )
        self.held = Gauge("lotse_publication_held", "1 if something that was due is not published", registry=registry)
        self.spans = Counter("lotse_spans", "Spans by what became of their export", ["fate"], registry=registry)
        self.leading = Gauge("lotse_relay_leading", "1 if this process's relay publishes", registry=registry)
        self.ready = Gauge("lotse_ready", "1 if /health/ready says yes", registry=registry)
        self.day = Gauge("lotse_business_day", "The business day, as a proleptic ordinal", registry=registry)


def configure_logs(service: str, level: str) -> None:
    """JSON lines on standard error; the libraries' chatter only from warnings on, without tracebacks."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
        ),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(service=service)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s %(message)s", stream=sys.stderr)
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # says on its own that a broker is away; we say it once


def log() -> structlog.typing.FilteringBoundLogger:
    found: structlog.typing.FilteringBoundLogger = structlog.get_logger()
    return found


def fault(error: BaseException) -> str:
    """An error for logs and dead letters: its kind, where it was raised, and the text of our own errors only.

    The text of a library's error may quote the value it stumbled over.
    """
    frames = traceback.extract_tb(error.__traceback__)
    ours = next((f for f in reversed(frames) if "/services/" in f.filename or "/contracts/" in f.filename), None)
    where = f" at {Path(ours.filename).name}:{ours.lineno}" if ours else ""
    own = type(error).__module__.startswith(("services.", "contracts."))
    return f"{type(error).__module__}.{type(error).__name__}{where}{f': {error}'[:300] if own else ''}"
