"""An installation in containers for a run of these tests: a project and ports of its own, removed at the end."""

import os
import subprocess
from collections.abc import Iterator

import pytest

from tests.containers.installation import IMAGES, Installation, image_size, installed

os.environ.setdefault("TESTCONTAINERS_RYUK_DISABLED", "true")  # what is started here is removed here


@pytest.fixture(scope="session", autouse=True)
def engine() -> str:
    """The version of the Docker engine. Without one these tests fail: nobody asks for them by accident."""
    found = subprocess.run(
        ("docker", "version", "--format", "{{.Server.Version}}"), capture_output=True, text=True, check=False
    )
    if found.returncode:
        pytest.fail(f"no Docker engine answers: {found.stderr.strip()}", pytrace=False)
    return found.stdout.strip()


@pytest.fixture(scope="session")
def installation(engine: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """`docker compose up --build --wait`, from nothing."""
    assert engine
    with installed("lotse-test", tmp_path_factory.mktemp("compose")) as found:
        yield found


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    base = image_size("python:3.13-slim")
    for image in (f"{project}-{part}" for project in ("lotse-test", "lotse-test-demo") for part in IMAGES):
        if size := image_size(image):
            terminalreporter.write_line(f"{image}: {size / 1e6:.0f} MB, {(size - base) / 1e6:.0f} of them on its base")
