# What the bench uses of faust-streaming, which is in the peers' environment only.

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Protocol

class Message(Protocol):
    headers: Sequence[tuple[str, bytes | None]]

class Event(Protocol):
    message: Message
    value: bytes

class Stream(Protocol):
    def take_events(self, max_: int, within: float) -> AsyncIterator[Sequence[Event]]: ...

class Topic: ...

class App:
    def __init__(
        self,
        name: str,
        *,
        broker: str,
        key_serializer: str,
        value_serializer: str,
        topic_disable_leader: bool = ...,
        topic_allow_declare: bool = ...,
        consumer_auto_offset_reset: str = ...,
        consumer_max_fetch_size: int = ...,
        broker_max_poll_records: int = ...,
        web_enabled: bool = ...,
    ) -> None: ...
    def topic(self, name: str, *, key_type: type, value_type: type) -> Topic: ...
    def agent(self, channel: Topic) -> Callable[[Callable[[Stream], Awaitable[None]]], object]: ...

class Worker:
    def __init__(self, app: App, *, loglevel: str = ..., redirect_stdouts: bool = ...) -> None: ...
    def execute_from_commandline(self) -> None: ...
