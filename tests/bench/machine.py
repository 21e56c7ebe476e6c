"""What a run ran on."""

import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Final

import psutil

from lotse.stack import jars, postgres

LIBRARIES: Final = ("aiokafka", "asyncpg", "pydantic", "sqlalchemy", "sqlmodel", "uvloop")


def machine() -> dict[str, str | int | float]:
    return {
        "processor": _processor(),
        "cores": os.cpu_count() or 0,
        "memory_gb": round(psutil.virtual_memory().total / 2**30, 1),
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
        "postgres": _postgres(),
        "kafka": next(jar.version for jar in jars.locked() if jar.artifact == "kafka_2.13"),
        **{name: version(name) for name in LIBRARIES},
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.machine())


def _postgres() -> str:
    said = subprocess.run([postgres.binary("postgres"), "--version"], capture_output=True, text=True, check=True)
    return said.stdout.split()[-1]
