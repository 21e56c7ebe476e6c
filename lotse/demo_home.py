"""The demo's home: a year that was interrupted goes on, a finished or another one starts anew."""

import json
import shutil
import uuid
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from lotse.stack.home import Home
from lotse.stack.ledger import Ledger

NAMESPACE: Final = uuid.UUID("3e0b7d5a-0f1d-5d0e-9b62-8f1f6a7f2b01")
PLAY: Final = "demo.json"
FINISHED: Final = "finished"
KEPT: Final = frozenset({"supervisor.lock"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """What is played. The same play has the same figures, in whatever home and however often it was interrupted."""

    city: str
    scale: float
    seed: int
    first: date
    until: date
    without: tuple[str, ...] = ()
    """Agencies that are not simulated: somebody else's program is awaited."""

    @property
    def namespace(self) -> uuid.UUID:
        return uuid.uuid5(NAMESPACE, f"seed {self.seed}")

    @property
    def arguments(self) -> tuple[str, ...]:
        """For `python -m simulation.city`."""
        days = ("--from", self.first.isoformat(), "--until", self.until.isoformat())
        return ("--scale", f"{self.scale:g}", "--seed", str(self.seed), *days)

    @property
    def text(self) -> str:
        days = {"from": self.first.isoformat(), "until": self.until.isoformat()}
        played = {"city": self.city, "scale": self.scale, "seed": self.seed, "without": self.without}
        return json.dumps(played | days)

    @staticmethod
    def finish(home: Home) -> None:
        """From now on the next demo starts anew."""
        (home.path / FINISHED).touch()


def prepare(home: Home, play: Play) -> bool:
    """Whether an interrupted play of the same kind goes on; else the home is made empty. Raises `HomeTaken`."""
    with home.held():
        marker = home.path / PLAY
        same = marker.exists() and marker.read_text() == play.text
        if same and not (home.path / FINISHED).exists():
            return True
        Ledger(home.ledger).end_leftovers()
        for path in home.path.iterdir():
            if path.name not in KEPT:
                _remove(path)
        marker.write_text(play.text)
        return False


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()
