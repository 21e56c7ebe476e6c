"""One training run of the broker, after its jars were fetched: it keeps the loaded classes for every later start."""

import asyncio
import contextlib
import secrets
import signal
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

from lotse.settings import HOST, Settings
from lotse.stack import java, kafka, ports
from lotse.stack.home import Home
from lotse.stack.process import dies_with_us, end

READY_SECONDS: Final = 30.0
WRITING_SECONDS: Final = 40.0


async def keep(settings: Settings, say: Callable[[str], None]) -> None:
    """Make the file if it is missing. Without it the broker starts too, only slower: a failure is no failure."""
    target = java.kept_classes(settings.cache)
    if target.exists():
        return
    say("one training run of the broker, which makes every later start faster")
    with tempfile.TemporaryDirectory(dir=settings.cache, prefix="training-") as scratch:
        made = Path(scratch) / target.name
        await _train(ports.on_free_ports(settings.model_copy(update={"home": Path(scratch)})), made)
        if made.exists():
            made.replace(target)


async def _train(settings: Settings, made: Path) -> None:
    home = Home(settings.home)
    properties = kafka.write_properties(settings, home)
    if await java.format_storage(settings.cache, properties, cluster_id=f"L{secrets.token_urlsafe(16)[1:]}"):
        return
    broker = await asyncio.create_subprocess_exec(
        *java.broker(settings.cache, properties, f"-XX:AOTCacheOutput={made}"),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=dies_with_us(),
    )
    try:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(_until_it_answers(f"{HOST}:{settings.kafka_port}"), READY_SECONDS)
        await end(broker, stop_signal=signal.SIGTERM, grace=WRITING_SECONDS)
    except BaseException:
        with contextlib.suppress(ProcessLookupError):
            broker.kill()
        raise


async def _until_it_answers(address: str) -> None:
    while True:
        with contextlib.suppress(OSError):
            if await kafka.answers(address):
                return
        await asyncio.sleep(0.1)
