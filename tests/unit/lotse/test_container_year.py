"""What the city's container refuses."""

from datetime import date
from pathlib import Path

import pytest

from lotse.container.year import OtherYear, keep, main
from lotse.play import Play

PLAY = Play(city="Bremen", scale=0.05, seed=1, first=date(2001, 3, 1), until=date(2002, 3, 31))


def test_the_same_year_goes_on_and_another_is_refused_with_the_one_that_is_there(tmp_path: Path) -> None:
    keep(tmp_path, PLAY)
    keep(tmp_path, PLAY)
    with pytest.raises(OtherYear, match=r"Bremen, scale 0\.05, seed 1, 2001-03-01 to 2002-03-31") as refused:
        keep(tmp_path, Play(city="Bremen", scale=0.1, seed=1, first=PLAY.first, until=PLAY.until))
    assert "docker compose -p" in refused.value.remedy
    keep(tmp_path, PLAY)


def test_a_year_without_days_is_refused_in_words(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LOTSE_CONFIG", str(Path(__file__).parents[3] / "deploy" / "bremen"))
    monkeypatch.setenv("LOTSE_SEED", "1")
    monkeypatch.setenv("LOTSE_HOME", str(tmp_path))
    assert main(["--until", "2001-02-01"]) == 1
    assert not list(tmp_path.iterdir())
