"""What a running container may do, and what is in its image."""

import json

import pytest

from tests.containers.installation import SERVICES, Installation, image_size

CONFINED = (*SERVICES, "calendar", "postgres", "kafka")
LARGEST = 200_000_000
"""Bytes on top of the base image: packages and our code."""


def inspected(installation: Installation, part: str) -> dict[str, object]:
    container = installation.compose.get_container(part)
    (found,) = json.loads(installation.docker("inspect", str(container.ID)))
    host: dict[str, object] = found["HostConfig"] | {"User": found["Config"]["User"]}
    return host


@pytest.mark.parametrize("part", CONFINED)
def test_a_container_can_change_nothing_and_gain_nothing(installation: Installation, part: str) -> None:
    found = inspected(installation, part)
    assert installation.shell(part, "id -u").stdout.strip() not in {"", "0"}
    assert found["ReadonlyRootfs"] is True
    assert found["CapDrop"] == ["ALL"]
    assert not found["CapAdd"]
    assert "no-new-privileges:true" in list(found["SecurityOpt"] or [])  # type: ignore[call-overload]
    assert installation.shell(part, "touch /new").returncode
    assert installation.shell(part, "touch /tmp/new").returncode == 0


def test_every_service_runs_as_an_account_of_its_own(installation: Installation) -> None:
    accounts = [installation.shell(part, "id -u").stdout.strip() for part in CONFINED]
    assert len(set(accounts)) == len(accounts)


@pytest.mark.parametrize("service", SERVICES)
def test_an_image_holds_its_own_service_and_no_other_code(installation: Installation, service: str) -> None:
    found = installation.shell(service, "ls /lotse /lotse/services").stdout.split()
    assert set(found) == {
        "/lotse:",
        "/lotse/services:",
        "contracts",
        "deploy",
        "ready.py",
        "services",
        "runtime",
        service,
    }
    assert installation.shell(service, "python -m pip --version").returncode, "nothing can be installed"


@pytest.mark.parametrize("service", SERVICES)
def test_an_image_is_small(installation: Installation, service: str) -> None:
    assert 0 < image_size(f"{installation.project}-{service}") - image_size("python:3.13-slim") < LARGEST


def test_every_listener_is_on_the_machine_itself(installation: Installation) -> None:
    for container in installation.compose.get_containers():
        for port in container.Publishers or []:
            assert port.URL in {None, "", "127.0.0.1"}
