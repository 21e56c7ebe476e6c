"""Death and sleep at any statement: what a process does is cut short, or stops and goes on much later."""

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Final

import asyncpg

COMMIT: Final = 1000
"""Points from here on are counted from where it commits."""


class Killed(BaseException):
    """The process is gone: nothing of the runtime may catch this."""


@dataclass
class Fate:
    """What becomes of a piece of work at the `point`-th place that it passes: before and after each of its statements,
    and before each batch that it sends. It dies, or sleeps until it is `woken`."""

    point: int
    deadly: bool
    asleep: asyncio.Event = field(default_factory=asyncio.Event)
    woken: asyncio.Event = field(default_factory=asyncio.Event)

    async def meet(self, statement: str) -> None:
        if self.point >= COMMIT:
            if not statement.startswith("COMMIT"):
                return
            self.point -= COMMIT
        self.point -= 1
        if self.point != -1:
            return
        if self.deadly:
            raise Killed
        self.asleep.set()
        await self.woken.wait()


FATE: ContextVar[Fate | None] = ContextVar("fate", default=None)


async def meet(statement: str = "") -> None:
    if (fate := FATE.get()) is not None:
        await fate.meet(statement)


class Mortal(asyncpg.Connection):
    """A connection on which every statement may be the last. BEGIN and COMMIT are statements too."""

    async def execute(self, *args: Any, **kwargs: Any) -> Any:
        return await self._between(super().execute, *args, **kwargs)

    async def executemany(self, *args: Any, **kwargs: Any) -> Any:
        return await self._between(super().executemany, *args, **kwargs)

    async def fetch(self, *args: Any, **kwargs: Any) -> Any:
        return await self._between(super().fetch, *args, **kwargs)

    async def fetchrow(self, *args: Any, **kwargs: Any) -> Any:
        return await self._between(super().fetchrow, *args, **kwargs)

    async def fetchval(self, *args: Any, **kwargs: Any) -> Any:
        return await self._between(super().fetchval, *args, **kwargs)

    async def _between(self, call: Callable[..., Awaitable[Any]], *args: Any, **kwargs: Any) -> Any:
        try:
            await meet(args[0])
            done = await call(*args, **kwargs)
            await meet()
        except (Killed, asyncio.CancelledError):
            if self.is_in_transaction():  # as the server does once the process is gone
                await super().execute("rollback")
            raise
        return done
