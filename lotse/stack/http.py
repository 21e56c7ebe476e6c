"""One small HTTP GET, so that waiting for a part costs neither a library's start nor a connection pool."""

import asyncio
import contextlib

TIMEOUT = 2.0


async def get(host: str, port: int, path: str) -> tuple[int, bytes]:
    """Status and body. Raises OSError if nobody answers in time, or not in HTTP."""
    async with asyncio.timeout(TIMEOUT):
        reader, writer = await asyncio.open_connection(host, port)
        try:
            writer.write(f"GET {path} HTTP/1.0\r\nHost: {host}\r\n\r\n".encode())
            head, _, body = (await reader.read()).partition(b"\r\n\r\n")
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
    status = head.split(maxsplit=2)[1:2]
    if not status or not status[0].isdigit():
        raise ConnectionResetError("no HTTP answer")
    return int(status[0]), body


async def ready(host: str, port: int) -> bool:
    """Whether GET /health/ready answers 200."""
    status, _ = await get(host, port, "/health/ready")
    return status == 200
