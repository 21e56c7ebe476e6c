"""What `lotse demo` refuses before anything is started, and which processes it plays the city with."""

from datetime import date
from pathlib import Path

import pytest

from lotse.demo import demo, simulation
from lotse.play import Play
from lotse.refusal import Refusal
from lotse.settings import Settings
from lotse.stack.home import Home
from simulation.facts import read_scene

DEPLOY = Path(__file__).parents[3] / "deploy"


@pytest.fixture
def neuwerder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("LOTSE_CONFIG", str(DEPLOY / "neuwerder"))
    monkeypatch.setenv("LOTSE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_a_first_day_when_centres_work_already_is_refused(neuwerder: Path) -> None:
    with pytest.raises(Refusal, match="between 2001-02-01 and 2001-04-30"):
        demo(first=date(2001, 5, 1))
    assert not neuwerder.exists()


def test_a_year_that_ends_before_it_begins_is_refused(neuwerder: Path) -> None:
    with pytest.raises(Refusal, match="first day is 2001-02-01") as refused:
        demo(until=date(2001, 1, 1))
    assert refused.value.remedy == "lotse demo --until 2002-01-31"
    assert not neuwerder.exists()


def test_an_agency_that_the_city_does_not_have_cannot_be_left_to_somebody(neuwerder: Path) -> None:
    with pytest.raises(Refusal, match="Neuwerder has no agency arbeitsamt") as refused:
        demo(without=["arbeitsamt"])
    assert "stellenboerse, werkhof, kreishandwerkerschaft" in refused.value.remedy
    assert not neuwerder.exists()


def test_a_mistake_in_the_configuration_is_told_before_anything_is_started(
    neuwerder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    text = (DEPLOY / "neuwerder" / "city.toml").read_text(encoding="utf-8")
    (tmp_path / "city.toml").write_text(text.replace("expiry = 10", "expiry = 8"), encoding="utf-8")
    monkeypatch.setenv("LOTSE_CONFIG", str(tmp_path))
    with pytest.raises(Refusal, match=r"line 8, deadlines.reminders: a reminder on day 8 never comes"):
        demo()
    assert not neuwerder.exists()


@pytest.mark.parametrize(("without", "played"), [((), 3), (("werkhof",), 2)])
def test_an_agency_left_to_somebody_is_not_simulated(tmp_path: Path, without: tuple[str, ...], played: int) -> None:
    scene = read_scene(DEPLOY / "neuwerder")
    first, until = scene.first_day, scene.last_day
    play = Play(city="Neuwerder", scale=0.05, seed=1, first=first, until=until, without=without)
    nodes = simulation(Settings(config=DEPLOY / "neuwerder"), Home(tmp_path), scene, play)
    agencies = {node.name for node in nodes} - {"city"}
    assert len(agencies) == played
    assert not agencies & set(without)
