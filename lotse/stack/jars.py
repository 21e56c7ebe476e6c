"""The broker's jars: exactly those of jars.lock, fetched once by coordinates and checked by SHA-256."""

import fcntl
import hashlib
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lotse.refusal import Refusal

LOCK: Final = Path(__file__).with_name("jars.lock")
PARALLEL_DOWNLOADS: Final = 8

Progress = Callable[[str], None]


class JarsMissing(Refusal):
    exit_code = 5


@dataclass(frozen=True, slots=True)
class Jar:
    group: str
    artifact: str
    version: str
    sha256: str

    @property
    def file(self) -> str:
        return f"{self.artifact}-{self.version}.jar"

    def is_intact(self, path: Path) -> bool:
        with path.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest() == self.sha256


def locked() -> tuple[Jar, ...]:
    return tuple(_parse(line) for line in LOCK.read_text().splitlines() if not line.startswith("#"))


def _parse(line: str) -> Jar:
    coordinates, sha256 = line.split()
    group, artifact, version = coordinates.split(":")
    return Jar(group, artifact, version, sha256)


def digest() -> str:
    """Names the set of jars: another lock is another folder, so a class path never changes under a running broker."""
    return hashlib.sha256(LOCK.read_bytes()).hexdigest()[:12]


def folder(cache: Path) -> Path:
    return cache.absolute() / f"jars-{digest()}"


def missing(cache: Path) -> tuple[Jar, ...]:
    """Jars not in the cache. What is in it was checked before it got there."""
    return tuple(jar for jar in locked() if not (folder(cache) / jar.file).exists())


def class_path(cache: Path) -> str:
    """In the lock's order, which the class data archive depends on."""
    return ":".join(str(folder(cache) / jar.file) for jar in locked())


def fetch(cache: Path, progress: Progress) -> None:
    """Bring the missing jars into the cache. Raises `JarsMissing`; what was fetched stays."""
    if not missing(cache):
        return
    target = folder(cache)
    target.mkdir(parents=True, exist_ok=True)
    with _alone(target), tempfile.TemporaryDirectory(dir=cache, prefix="fetching-") as scratch:
        wanted = missing(cache)
        with ThreadPoolExecutor(PARALLEL_DOWNLOADS) as threads:
            downloads = [threads.submit(_fetch_one, jar, Path(scratch), target) for jar in wanted]
            for done, download in enumerate(as_completed(downloads), start=1):
                download.result()
                progress(f"fetched {done} of {len(wanted)} jars")


def _fetch_one(jar: Jar, scratch: Path, target: Path) -> None:
    from jgo.maven import MavenContext

    try:
        component = MavenContext(repo_cache=scratch).project(jar.group, jar.artifact).at_version(jar.version)
        fetched = component.artifact().resolve()
    except (RuntimeError, OSError) as error:
        raise JarsMissing(
            f"{jar.file} could not be fetched: {type(error).__name__}.",
            remedy="Check the network (proxy, certificates) and try again: what was fetched is kept.",
        ) from error
    if not jar.is_intact(fetched):
        raise JarsMissing(
            f"{jar.file} is not the file that jars.lock names: its SHA-256 differs.",
            remedy="Do not use it. Ask where it came from (a proxy, a mirror) and try again.",
        )
    fetched.replace(target / jar.file)


@contextmanager
def _alone(target: Path) -> Iterator[None]:
    with target.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
