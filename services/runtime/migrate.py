"""`python -m services.runtime.migrate <service>`: migrates the database of `LOTSE_DATABASE`, then ends."""

import sys

from services.runtime.migrations import run_migrate
from services.runtime.settings import DatabaseSettings

if __name__ == "__main__":
    run_migrate(sys.argv[1], DatabaseSettings().database)
