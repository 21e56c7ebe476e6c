"""`python -m services.reporting`: the service process."""

import services.runtime.starting  # noqa: F401  first of all
from services.reporting.app import service
from services.reporting.routes import router
from services.runtime.process import main

if __name__ == "__main__":
    main(
        service, router, title="Reporting", description="Figures from events alone, exact by the day they happened on."
    )
