"""Small disks for the servers' data, and what fills them. They are the run's own: its mount namespace ends with it."""

import contextlib
import ctypes
import os
import sys
from pathlib import Path
from typing import Final

CLONE_NEWNS: Final = 0x00020000
MS_REC: Final = 0x4000
MS_PRIVATE: Final = 0x40000
SIZES: Final = {"kafka": 768 << 20, "postgres": 1536 << 20}
"""Bytes: what the city needs, several times over; memory is used only as it is filled."""
BLOCK: Final = 1 << 20


class CannotMount(Exception):
    """Why this process may not have disks of its own."""


class Disk:
    """A file system in memory, mounted at a folder that the servers' data will be made in."""

    def __init__(self, folder: Path, size: int) -> None:
        self._folder, self._size, self._ballast = folder, size, folder / "ballast"
        self._mount(folder, size)

    def fill(self) -> None:
        """Not a byte is left. To be called by the thread that mounted: others may see the machine's own disk there.

        Raises `CannotMount` rather than write there.
        """
        found = os.statvfs(self._folder)
        if found.f_blocks * found.f_frsize > self._size:
            raise CannotMount(f"{self._folder} is no small disk here")
        with self._ballast.open("ab", buffering=0) as file:
            for block in (BLOCK, 4096, 1):
                with contextlib.suppress(OSError):
                    for _ in range(self._size // BLOCK + BLOCK):
                        file.write(bytes(block))

    def empty(self) -> None:
        self._ballast.unlink(missing_ok=True)

    def _mount(self, folder: Path, size: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        data = f"size={size},mode=0755".encode()
        if ctypes.CDLL(None, use_errno=True).mount(b"chaos", str(folder).encode(), b"tmpfs", 0, data):
            raise CannotMount(os.strerror(ctypes.get_errno()))


def disks(home: Path) -> dict[str, Disk]:
    """One for each server of a home, in a mount namespace of our own. Raises `CannotMount`."""
    if sys.platform != "linux":
        raise CannotMount("disks in memory are Linux's")
    libc = ctypes.CDLL(None, use_errno=True)
    private = libc.unshare(CLONE_NEWNS) or libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None)
    if private:
        raise CannotMount(f"a full disk needs root: {os.strerror(ctypes.get_errno())}")
    return {name: Disk(home / name, size) for name, size in SIZES.items()}
