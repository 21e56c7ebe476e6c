"""Where a consumer's processor time goes, by samples of its stack."""

import contextlib
import signal
from collections import Counter
from contextlib import AbstractContextManager
from types import FrameType, TracebackType
from typing import Final, Self

EVERY: Final = 0.001
"""Seconds of processor time between two samples; kernels round it up to their own tick."""
ELSEWHERE: Final = "event loop, drivers of Kafka and PostgreSQL"
STAGES: Final = {
    "read": "validate: envelope",
    "Topic.decode": "validate: message",
    "decode": "validate: the rest",
    "Unit.open": "load and lock",
    "Batches._fence": "offsets",
    "Batches._advance": "offsets",
    "Ids.__call__": "derive ids",
    "Unit.hear": "unit of work",
    "Inbound._take": "unit of work",
    "save_states": "save states",
    "Writes.models": "save rows",
    "Writes.send": "save all in one statement",
    "Outgoing.row": "envelope and value of what goes out",
    "Unit.close": "save ledger and outbox",
    "record_of": "consume",
}
"""The innermost of these functions on the stack names the stage."""
DECIDING: Final = "decide and evolve"
DOMAIN: Final = {
    "evolve": DECIDING,
    "react": DECIDING,
    "index": "project and index",
    "project": "project and index",
}
"""The same outside of the runtime, by what the runtime calls."""


class Sampler:
    """Within `with`, notes after every tick of processor time which stage the main thread is at."""

    def __init__(self) -> None:
        self._seen: Counter[str] = Counter()

    def __enter__(self) -> Self:
        signal.signal(signal.SIGPROF, self._tick)
        signal.setitimer(signal.ITIMER_PROF, EVERY, EVERY)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        signal.setitimer(signal.ITIMER_PROF, 0)

    @staticmethod
    def off() -> AbstractContextManager[None]:
        return contextlib.nullcontext()

    @property
    def samples(self) -> int:
        return self._seen.total()

    @property
    def stages(self) -> dict[str, float]:
        """Shares of the processor time, the largest first."""
        return {stage: count / self.samples for stage, count in self._seen.most_common()}

    def _tick(self, _: int, frame: FrameType | None) -> None:
        self._seen[stage_of(frame)] += 1


def stage_of(frame: FrameType | None) -> str:
    while frame is not None:
        code = frame.f_code
        runtime = "/services/runtime/" in code.co_filename or "/contracts/" in code.co_filename
        table = STAGES if runtime else DOMAIN
        if found := table.get(code.co_qualname):
            return found
        frame = frame.f_back
    return ELSEWHERE
