import services.runtime.starting  # noqa: F401  first of all
from services.referrals.api import router
from services.referrals.app import service
from services.runtime.process import main

main(
    service,
    router,
    title="Lotse referrals",
    description="The closed loop with the agencies: who is offered to whom, and what came of it.",
)
