"""The page for agencies mentions every message, answer and code, and its example is a record of their topic."""

import re

import pytest

from contracts import envelope, topics
from contracts.generate import HERE
from contracts.words import RejectionCode

TEXT = (HERE / "README.md").read_text(encoding="utf-8")
AGENCY = topics.partner_in("arbeitsamt")


@pytest.mark.parametrize(
    "event", [*AGENCY.events, *topics.partner_out("x").events], ids=lambda event: event.type_name()
)
def test_every_message_is_explained(event: type) -> None:
    assert re.search(rf"\b{event.__name__}\b", TEXT)


@pytest.mark.parametrize("code", RejectionCode)
def test_every_code_says_what_to_do(code: RejectionCode) -> None:
    assert f"| `{code}` |" in TEXT


@pytest.mark.parametrize("code", RejectionCode)
def test_every_code_says_why_and_what_to_do_in_german_and_in_english(code: RejectionCode) -> None:
    german, english = (HERE.parent / "docs/agencies.md").read_text(encoding="utf-8").split("# Rejected messages")
    for page in (german, english):
        (row,) = re.findall(rf"^\| `{code}` \| (.+) \| (.+) \|$", page, re.MULTILINE)
        assert all(len(cell.split()) > 3 for cell in row)


@pytest.mark.parametrize("page", [0, 1])
def test_no_code_is_explained_that_does_not_exist(page: int) -> None:
    text = (HERE.parent / "docs/agencies.md").read_text(encoding="utf-8").split("# Rejected messages")[page]
    assert set(re.findall(r"^\| `([a-z_]+)` \|", text, re.MULTILINE)) == set(RejectionCode)


def test_the_example_is_a_record_of_the_topic() -> None:
    written = re.search(r"```\n(ce_.*?)```", TEXT, re.DOTALL)
    value = re.search(r"```json\n(.*?)```", TEXT, re.DOTALL)
    key = re.search(r"Key: `([^`]+)`", TEXT)
    assert written
    assert value
    assert key
    pairs = [line.split(": ", 1) for line in written[1].splitlines()]
    read = envelope.read([(name, content.encode()) for name, content in pairs])
    assert AGENCY.decode(read.type, value[1].encode()).subject == read.subject == key[1]


def test_the_sizes_are_those_of_the_registry() -> None:
    assert f"({topics.MAX_PARTNER_BODY} bytes)" in TEXT
    assert f"({AGENCY.max_bytes} bytes)" in TEXT
    assert f"{envelope.MAX_HEADER_BYTES} bytes" in TEXT
    assert f"{topics.PARTNER_RETENTION_DAYS} days" in TEXT
