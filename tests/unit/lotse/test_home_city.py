"""A home is one city's: what is fixed at its first start comes from the configuration, another city's is refused."""

from pathlib import Path

import pytest

from lotse.ailments import home_usable
from lotse.settings import Settings
from lotse.stack.home import ClockKind, Home, HomeTaken, Installation

DEPLOY = Path(__file__).parents[3] / "deploy"


def install(home: Path, city: str, *, partitions: int | None = None) -> Installation:
    settings = Settings(home=home, config=DEPLOY / city, partitions=partitions)
    with Home(home).held():
        return Home(home).install(settings, clock=ClockKind.REAL, start=None)


def test_partitions_are_those_of_the_configuration_unless_others_are_asked_for(tmp_path: Path) -> None:
    configured, asked = install(tmp_path / "one", "neuwerder"), install(tmp_path / "two", "neuwerder", partitions=7)
    assert (configured.partitions_person, configured.partitions_partner) == (4, 2)
    assert (asked.partitions_person, asked.partitions_partner) == (7, 2)


def test_a_home_keeps_its_city(tmp_path: Path) -> None:
    first = install(tmp_path, "neuwerder")
    with pytest.raises(HomeTaken, match=r"is Neuwerder's; .*bremen/city.toml is Bremen's") as refused:
        install(tmp_path, "bremen")
    assert "LOTSE_CONFIG to Neuwerder's folder" in refused.value.remedy
    assert install(tmp_path, "neuwerder") == first


@pytest.mark.parametrize(("city", "ok"), [("neuwerder", True), ("bremen", False)])
def test_the_doctor_sees_whose_home_it_is(tmp_path: Path, city: str, *, ok: bool) -> None:
    install(tmp_path, "neuwerder")
    check = home_usable(Home(tmp_path), Settings(home=tmp_path, config=DEPLOY / city))
    assert check.ok is ok
    assert "Neuwerder" in check.found


def test_a_home_of_before_cities_were_kept_is_anybodys(tmp_path: Path) -> None:
    found = install(tmp_path, "bremen")
    (tmp_path / "installation.json").write_text(found.model_copy(update={"city": None}).model_dump_json())
    assert install(tmp_path, "neuwerder").city is None
