"""Every code of a release file is explained in German and English."""

from pathlib import Path

from contracts.city import read_city
from services.reporting.release.catalogue import FORMAT, families
from services.reporting.release.codebook import code_book
from services.reporting.release.document import CITY, COLUMNS
from services.reporting.release.telling import ELSEWHERE

BREMEN = read_city(Path(__file__).parents[3] / "deploy/bremen")

FAMILIES = families(FORMAT, BREMEN.agency_ids, {6: 1, 12: 1})


def codes(kind: str) -> set[str]:
    return {entry.code for entry in code_book(BREMEN).entries if entry.kind == kind}


def test_no_code_is_without_its_meaning() -> None:
    assert set(COLUMNS) == codes("column")
    assert {figure for family in FAMILIES for figure in (*family.counts, *family.amounts)} == codes("figure")
    assert {d.name for family in FAMILIES for d in family.dimensions} == codes("dimension")
    values = {v for family in FAMILIES for d in family.dimensions for v in d.values}
    assert values == codes("value")
    assert {CITY, ELSEWHERE, *(office.id for office in BREMEN.offices)} == codes("offices")
    assert codes("note") == {"later_law", "cohorts_not_matured", "outcomes_unknown", "messages_given_up"}


def test_every_meaning_is_told_in_both_languages_with_its_source() -> None:
    for entry in code_book(BREMEN).entries:
        assert all((entry.de, entry.en, entry.source)), entry
