"""Headless Chromium, and reporting with a year of figures on a port of its own."""

import asyncio
import os
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import date
from typing import Final

import pytest
import uvicorn
from playwright.sync_api import Browser, Error, sync_playwright

from services.runtime.migrations import migrate
from tests.component.reporting_page_world import reporting, told_often
from tests.component.test_reporting_figures import tell

START_SECONDS: Final = 30.0


@pytest.fixture(scope="module")
def browser(address: str) -> Iterator[Browser]:
    """The machine's Chromium, or Playwright's own. Only outside of CI may there be none.

    It starts after the page and ends before it: nothing else can run a loop in the thread that Playwright's runs in.
    """
    assert address
    with sync_playwright() as playwright:
        path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
        try:
            launched = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        except Error as error:
            why = f"no Chromium starts here: apt-get install chromium, or playwright install chromium ({error.message})"
            if os.environ.get("CI"):
                pytest.fail(why, pytrace=False)
            pytest.skip(why)
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def address(new_module_database: Callable[[], str]) -> Iterator[str]:
    """Where the page is."""
    database = new_module_database()

    async def prepare() -> None:
        await migrate("reporting", database)
        await tell(database, told_often(), today=date(2002, 3, 31), batch=500)

    asyncio.run(prepare())
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(reporting(database), log_level="error"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        end = time.monotonic() + START_SECONDS
        while not server.started:
            assert time.monotonic() < end, "the page's server did not start"
            time.sleep(0.02)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join(START_SECONDS)
