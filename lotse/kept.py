"""One kept HTTP/1.1 connection for many small GETs: a fraction of a general client's cost, which a poll pays often."""

import asyncio
import contextlib
from typing import Final
from urllib.parse import urlsplit

TIMEOUT: Final = 5.0
LIMIT: Final = 4 * 1024 * 1024


class Kept:
    """Not for concurrent use. Raises OSError (TimeoutError included) if nobody answers 200 in HTTP."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 80
        self._path = parts.path or "/"
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def get(self) -> bytes:
        """The body of a 200. A connection that the other side has closed meanwhile is opened again, once."""
        async with asyncio.timeout(TIMEOUT):
            if self._streams is not None:
                with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                    return await self._exchange()
            return await self._exchange()

    def close(self) -> None:
        if self._streams:
            self._streams[1].close()
            self._streams = None

    async def _exchange(self) -> bytes:
        try:
            if self._streams is None:
                self._streams = await asyncio.open_connection(self._host, self._port, limit=LIMIT)
            reader, writer = self._streams
            writer.write(f"GET {self._path} HTTP/1.1\r\nHost: {self._host}:{self._port}\r\n\r\n".encode())
            head = await reader.readuntil(b"\r\n\r\n")
            body = await reader.readexactly(_length(head))
        except BaseException:
            self.close()
            raise
        if not head.startswith(b"HTTP/1.1 200"):
            raise ConnectionError(head.split(b"\r\n", 1)[0].decode("latin-1"))
        return body


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length" and value.strip().isdigit():
            return int(value)
    raise ConnectionError("the answer has no length")
