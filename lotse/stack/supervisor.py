"""Starts parts and steps in the order of their needs, and leaves no process when it stops."""

import asyncio
import time
from collections.abc import Mapping, Sequence

from lotse.refusal import Refusal
from lotse.stack.home import Home
from lotse.stack.ledger import Ledger
from lotse.stack.part import Node, Part, Step
from lotse.stack.running import Report, Running, State


class Supervisor:
    """All parts and steps of one home. The home must be held; what an earlier lotse left must have been ended."""

    def __init__(self, nodes: Sequence[Node], *, home: Home, ledger: Ledger, report: Report) -> None:
        self._nodes = tuple(nodes)
        self._report = report
        self._done = {node.name: asyncio.Event() for node in nodes}
        self.parts: Mapping[str, Running] = {
            node.name: Running(node, home, ledger, report) for node in nodes if isinstance(node, Part)
        }

    async def start(self) -> None:
        """Bring every part to ready and every step to done. If one fails, stop all and raise its `Refusal`."""
        try:
            async with asyncio.TaskGroup() as group:
                for node in self._nodes:
                    group.create_task(self._bring_up(node))
        except BaseExceptionGroup as failures:
            await self.stop()
            refusals, others = failures.split(Refusal)
            if others is None and refusals is not None:
                raise refusals.exceptions[0] from None
            raise
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """End every process: first those that use the servers. Bounded by the longest grace of each of the two."""
        for last in (False, True):
            await asyncio.gather(*(part.stop() for part in self.parts.values() if part.part.stops_last is last))

    async def _bring_up(self, node: Node) -> None:
        for name in node.after:
            await self._done[name].wait()
        match node:
            case Part():
                await self.parts[node.name].start()
            case Step():
                await self._take(node)
        self._done[node.name].set()

    async def _take(self, step: Step) -> None:
        began = time.monotonic()
        self._report(step.name, State.STARTING, "")
        try:
            await step.run(lambda words: self._report(step.name, State.STARTING, words))
        except BaseException:
            self._report(step.name, State.FAILED, "")
            raise
        self._report(step.name, State.DONE, f"{time.monotonic() - began:.1f} s")
