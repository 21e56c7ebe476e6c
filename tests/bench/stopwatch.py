"""How a side measures itself. Imports nothing of ours: the peers have it too."""

import json
import time
from typing import Any


class Stopwatch:
    """From `start` to `tell`."""

    def __init__(self) -> None:
        self.start()

    def start(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def tell(self, records: int, **more: Any) -> None:
        """Prints what `sides.run` reads."""
        seconds, cpu = time.perf_counter() - self._wall, time.process_time() - self._cpu
        print(json.dumps({"records": records, "seconds": seconds, "cpu": cpu, "more": more}), flush=True)
