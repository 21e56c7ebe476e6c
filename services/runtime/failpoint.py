"""Named points at which a test may end or stop the process: `LOTSE_FAIL=committed:3` kills it the third time it passes.

`LOTSE_FAIL_SIGNAL` names another signal than KILL, such as STOP. Unset, a point costs a dictionary look-up.
"""

import os
import signal

_left = {
    name: int(times)
    for name, _, times in (item.partition(":") for item in os.environ.get("LOTSE_FAIL", "").split(",") if item)
}


def failpoint(name: str) -> None:
    if name not in _left:
        return
    _left[name] -= 1
    if _left[name] == 0:
        os.kill(os.getpid(), signal.Signals[f"SIG{os.environ.get('LOTSE_FAIL_SIGNAL', 'KILL')}"])
