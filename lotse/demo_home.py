"""The demo's home: a year that was interrupted goes on, a finished or another one starts anew."""

import shutil
from pathlib import Path
from typing import Final

from lotse.play import Play
from lotse.stack.home import Home
from lotse.stack.ledger import Ledger

PLAY: Final = "demo.json"
FINISHED: Final = "finished"
KEPT: Final = frozenset({"supervisor.lock"})


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
