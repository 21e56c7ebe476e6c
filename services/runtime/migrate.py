"""`python -m services.runtime.migrate <service>`: migrates the database of `LOTSE_DATABASE`, then ends."""

import os
import sys

from services.runtime.migrations import run_migrate

if __name__ == "__main__":
    run_migrate(sys.argv[1], os.environ["LOTSE_DATABASE"])
