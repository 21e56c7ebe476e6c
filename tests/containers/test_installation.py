"""docker-compose.yml as it is: one client the whole way round, through what can happen to containers."""

import pytest

from contracts.events.partners import ContactReleased, ReferralOffered
from tests.containers.client import Way
from tests.containers.installation import SERVICES, Installation


@pytest.fixture(scope="module")
def way(installation: Installation) -> Way:
    return Way(installation)


def test_a_client_goes_the_whole_way_from_the_desk_to_a_job(way: Way) -> None:
    case = way.assigned_case(way.register())
    referral = way.refer(case)
    offer = way.heard_by_agency(referral, ReferralOffered)
    assert offer.subject == referral
    way.place(referral)
    contact = way.heard_by_agency(referral, ContactReleased)
    assert isinstance(contact, ContactReleased)
    assert contact.given_name == "Erika"
    way.until(lambda: way.get("referrals", f"/referrals/{referral}")["state"] == "completed")
    told = way.until(lambda: types if "PlacementReported" in (types := way_of(way, case)) else None)
    order = [told.index(name) for name in ("ReferralRequested", "ReferralAccepted", "ServiceStarted")]
    assert order == sorted(order)
    report = way.until(lambda: found if (found := way.get("reporting", "/report"))["placements"] else None)
    assert (report["placements"], report["integrations"], report["recipients"]) == (1, 1, 1)


def way_of(way: Way, case: str) -> list[str]:
    return [entry["type"] for entry in way.get("casework", f"/cases/{case}/timeline")]


def test_no_service_reads_anothers_secrets_or_the_superusers(installation: Installation) -> None:
    for service in SERVICES:
        for other in {*SERVICES, "databases", "postgres"} - {service}:
            refused = installation.shell(service, f"cat /run/lotse/secrets/{other}/*")
            assert refused.returncode, f"{service} could read the secrets of {other}"
            assert "postgresql://" not in refused.stdout
        assert installation.shell(service, f"cat /run/lotse/secrets/{service}/lotse_database").returncode == 0


def test_no_secret_stands_in_an_environment(installation: Installation) -> None:
    password = installation.shell("intake", "cut -d: -f3 /run/lotse/secrets/intake/lotse_database | cut -d@ -f1").stdout
    assert len(password.strip()) == 32
    told = installation.run("exec", "-T", "intake", "env").stdout + installation.run("config").stdout
    assert password.strip() not in told


def test_a_service_and_the_broker_may_be_killed(installation: Installation, way: Way) -> None:
    installation.run("kill", "referrals", "kafka")
    installation.run("up", "--wait")
    case = way.assigned_case(way.register())
    referral = way.refer(case)
    assert way.heard_by_agency(referral, ReferralOffered).subject == referral


def test_data_outlive_the_containers_and_the_steps_run_again(installation: Installation, way: Way) -> None:
    before = way.get("intake", "/progress")["offsets"], way.get("reporting", "/report")["placements"]
    secret = "cat /run/lotse/secrets/intake/lotse_namespace"
    namespace = installation.shell("intake", secret).stdout
    installation.run("down")
    installation.run("up", "--wait")
    assert (way.get("intake", "/progress")["offsets"], way.get("reporting", "/report")["placements"]) == before
    assert installation.shell("intake", secret).stdout == namespace
