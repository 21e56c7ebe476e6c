"""A stack in a terminal: it runs while some work lasts, and ends with it, with Ctrl-C, SIGTERM or a closed terminal."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from lotse.stack.stack import Stack

Result = TypeVar("Result")
ENDING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


async def attend(stack: Stack, work: Callable[[Stack], Awaitable[Result]]) -> Result | None:
    """Start the stack, do the work on it, stop it. None if a signal came first: then no process is left either."""
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in ENDING:
        loop.add_signal_handler(number, asked.set)
    working = asyncio.create_task(_work(stack, work))
    asking = asyncio.create_task(asked.wait())
    try:
        await asyncio.wait({working, asking}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        working.cancel()
        await asyncio.wait({working})
        return None
    finally:
        asking.cancel()
        for number in ENDING:
            loop.remove_signal_handler(number)


async def _work(stack: Stack, work: Callable[[Stack], Awaitable[Result]]) -> Result:
    async with stack:
        return await work(stack)
