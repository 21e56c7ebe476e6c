import services.runtime.starting  # noqa: F401  first of all
from services.casework.api import router
from services.casework.app import service
from services.runtime.process import main

main(
    service,
    router,
    title="Lotse casework",
    description="The case manager's year with a client: case, plan, referrals, feedback.",
)
