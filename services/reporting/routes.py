"""All addresses of reporting: figures for callers who say who they are; releases and the page are everybody's."""

from fastapi import APIRouter

from services.reporting import api, breakdowns
from services.reporting.page import routes as page
from services.reporting.release import routes as releases

router = APIRouter()
router.include_router(api.router)
router.include_router(breakdowns.router)
router.include_router(releases.router)
router.include_router(page.router)
