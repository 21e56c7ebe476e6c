import services.runtime.starting  # noqa: F401  first of all
from services.intake.api import router
from services.intake.app import service
from services.runtime.process import main

main(
    service,
    router,
    title="Lotse intake",
    description="Who the client is, where they belong, what they receive.",
)
