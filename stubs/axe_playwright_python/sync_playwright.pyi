from typing import Any

from playwright.sync_api import Page

class AxeResults:
    response: dict[str, Any]
    def generate_report(self) -> str: ...

class Axe:
    def run(self, page: Page) -> AxeResults: ...
