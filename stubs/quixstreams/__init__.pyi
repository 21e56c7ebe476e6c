# What the bench uses of quixstreams, which is in the peers' environment only.

from collections.abc import Callable
from typing import Any

from quixstreams.sinks.base import BaseSink

class Topic: ...

class StreamingDataFrame:
    def apply(self, func: Callable[..., Any], *, metadata: bool = ...) -> StreamingDataFrame: ...
    def sink(self, sink: BaseSink) -> None: ...

class Application:
    def __init__(
        self,
        *,
        broker_address: str,
        consumer_group: str,
        auto_offset_reset: str = ...,
        auto_create_topics: bool = ...,
        commit_every: int = ...,
        loglevel: str = ...,
    ) -> None: ...
    def topic(self, name: str, *, key_deserializer: str, value_deserializer: str) -> Topic: ...
    def dataframe(self, topic: Topic) -> StreamingDataFrame: ...
    def run(self, *, timeout: float = ..., count: int = ..., collect: bool = ...) -> list[dict[str, Any]]: ...
