"""Named points at which a test may end or stop the process.

`LOTSE_FAIL=committed:3` kills it the third time it passes; `LOTSE_FAIL_SIGNAL` names another signal than KILL, such as
STOP. `LOTSE_FAILPOINTS` names a folder that is looked into at every point: a file `<service>.<point>` there, with the
signal's name in it, is meant for the first process that passes, which puts its process id into `<the file>.reached`.
Unset, a point costs two look-ups.
"""

import contextlib
import os
import signal
from pathlib import Path
from typing import Final

_left = {
    name: int(times)
    for name, _, times in (item.partition(":") for item in os.environ.get("LOTSE_FAIL", "").split(",") if item)
}
_FOLDER: Final = os.environ.get("LOTSE_FAILPOINTS")


def failpoint(name: str) -> None:
    if _FOLDER is not None:
        _look_into(Path(_FOLDER), f"{os.environ.get('LOTSE_SERVICE', '')}.{name}")
    if name not in _left:
        return
    _left[name] -= 1
    if _left[name] == 0:
        os.kill(os.getpid(), signal.Signals[f"SIG{os.environ.get('LOTSE_FAIL_SIGNAL', 'KILL')}"])


def _look_into(folder: Path, file: str) -> None:
    """Of several replicas one takes the file: a name changes hands once."""
    taken = folder / f"{file}.{os.getpid()}"
    with contextlib.suppress(FileNotFoundError):
        (folder / file).rename(taken)
        number = signal.Signals[f"SIG{taken.read_text().strip()}"]
        taken.write_text(str(os.getpid()))
        taken.rename(folder / f"{file}.reached")
        os.kill(os.getpid(), number)
