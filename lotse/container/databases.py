"""`python -m lotse.container.databases`: a role and a database for each service, by the passwords of LOTSE_SECRETS."""

import asyncio
import os
from pathlib import Path

from lotse.settings import SERVICES
from lotse.stack.databases import provide_at


def main() -> None:
    told = Path(os.environ["LOTSE_SECRETS"])
    passwords = {service: (told / service).read_text() for service in SERVICES}
    asyncio.run(provide_at((told / "superuser").read_text(), passwords))


if __name__ == "__main__":
    main()
