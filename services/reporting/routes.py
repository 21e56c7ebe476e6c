"""All addresses of reporting: figures for callers who say who they are, and the page, which is everybody's."""

from fastapi import APIRouter

from services.reporting import api
from services.reporting.page import routes as page

router = APIRouter()
router.include_router(api.router)
router.include_router(page.router)
