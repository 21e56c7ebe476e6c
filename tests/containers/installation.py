"""docker-compose.yml as a user starts it, under another project's name and on free ports."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from testcontainers.compose import DockerCompose

from tests.component.runtime.world import free_port

ROOT: Final = Path(__file__).parents[2]
SERVICES: Final = ("intake", "casework", "referrals", "reporting")
IMAGES: Final = (*SERVICES, "calendar", "arbeitsamt", "city")
"""Parts that have one of our images each."""
PARTS: Final = (*SERVICES, "calendar", "kafka", "demo_reporting")


@dataclass(frozen=True)
class Installation:
    project: str
    ports: dict[str, int]
    compose: DockerCompose

    def url(self, part: str) -> str:
        return f"http://127.0.0.1:{self.ports[part]}"

    @property
    def kafka(self) -> str:
        return f"127.0.0.1:{self.ports['kafka']}"

    def run(self, *arguments: str, check: bool = True, timeout: float = 300) -> subprocess.CompletedProcess[str]:
        """A `docker compose` command on this project."""
        done = subprocess.run(
            (*self.compose.compose_command_property, *arguments),
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout,
        )
        assert not (check and done.returncode), f"{arguments}: {done.stderr[-3000:]}"
        return done

    def docker(self, *arguments: str) -> str:
        return subprocess.run(("docker", *arguments), capture_output=True, text=True, check=True).stdout

    def shell(self, part: str, command: str) -> subprocess.CompletedProcess[str]:
        return self.run("exec", "-T", part, "sh", "-c", command, check=False)


@contextmanager
def installed(project: str, folder: Path, *, profile: str | None = None) -> Iterator[Installation]:
    """With a profile nothing is started yet. At the end nothing is left of the project but its images."""
    ports = {part: free_port() for part in PARTS}
    settings = folder / "settings.env"
    lines = [f"LOTSE_{part.upper()}_PORT={port}" for part, port in ports.items()]
    settings.write_text("\n".join((f"COMPOSE_PROJECT_NAME={project}", *lines)))
    profiles = [profile] if profile else None
    compose = DockerCompose(ROOT, build=True, env_file=str(settings), profiles=profiles)
    try:
        if profile is None:
            _start(compose)
        yield Installation(project, ports, compose)
    finally:
        compose.stop()


def _start(compose: DockerCompose) -> None:
    try:
        compose.start()
    except subprocess.CalledProcessError as error:
        raise AssertionError(f"docker compose up --wait: {error.stderr.decode()[-3000:]}") from None


def image_size(image: str) -> int:
    """Bytes; 0 if there is none. Compose names ours `<project>-<part>`."""
    command = ("docker", "image", "inspect", "--format", "{{.Size}}", image)
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    return int(found.stdout) if found.returncode == 0 else 0
