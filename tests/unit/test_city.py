"""Bremen's configuration: on every day exactly one office for every district, and mistakes are named."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.city import City, CityMisconfigured, Office, OfficeKind, read_city
from contracts.words import ServiceKind

FOLDER = Path(__file__).parents[2] / "deploy" / "bremen"
BREMEN = read_city(FOLDER)
REORGANISED = date(2001, 10, 2)

TEXT = """
name = "Testburg"
[[agencies]]
id = "arbeitsamt"
name = "Arbeitsamt"
services = ["job_placement"]
[[offices]]
id = "nord"
name = "Nord"
kind = "sozialzentrum"
districts = ["see"]
"""


def written(folder: Path, text: str) -> Path:
    (folder / "city.toml").write_text(text, encoding="utf-8")
    return folder


@given(
    district=st.sampled_from(sorted(BREMEN.districts)),
    day=st.dates(min_value=date(1999, 1, 1), max_value=date(2030, 12, 31)),
)
def test_every_district_has_exactly_one_office_on_every_day(district: str, day: date) -> None:
    working = [office for office in BREMEN.offices if district in office.districts and office.works_on(day)]
    assert [BREMEN.responsible(district, day)] == working


def test_four_departments_gave_way_to_twelve_centres() -> None:
    before = [office for office in BREMEN.offices if office.works_on(REORGANISED - timedelta(days=1))]
    after = [office for office in BREMEN.offices if office.works_on(REORGANISED)]
    assert [office.kind for office in before] == [OfficeKind.REGIONAL] * 4
    assert [office.kind for office in after] == [OfficeKind.SOZIALZENTRUM] * 12


def test_the_attested_centres_have_their_names() -> None:
    names = {office.name.removeprefix("Sozialzentrum ") for office in BREMEN.offices}
    assert {"Mitte / Östliche Vorstadt", "Gröpelingen / Walle"} <= names


def test_the_two_agencies_and_what_they_offer() -> None:
    assert BREMEN.agency_ids == ("arbeitsamt", "bremer-arbeit")
    scheme = [agency.id for agency in BREMEN.agencies if ServiceKind.JOB_SCHEME in agency.services]
    assert scheme == ["bremer-arbeit"]


def test_the_deadlines_of_a_referral() -> None:
    deadlines = BREMEN.deadlines
    assert (deadlines.reminders, deadlines.expiry, deadlines.silence, deadlines.held) == ((3, 9), 14, 30, 30)


def test_what_is_not_configured_is_none() -> None:
    assert BREMEN.office("atlantis") is None
    assert BREMEN.agency("atlantis") is None
    assert BREMEN.responsible("atlantis", REORGANISED) is None


def test_first_and_last_day_of_an_office_are_included() -> None:
    office = Office(
        id="x",
        name="X",
        kind=OfficeKind.REGIONAL,
        districts=("see",),
        since=date(2001, 1, 2),
        until=date(2001, 1, 3),
    )
    assert [office.works_on(date(2001, 1, day)) for day in (1, 2, 3, 4)] == [False, True, True, False]


def test_a_small_city_is_read(tmp_path: Path) -> None:
    city = read_city(written(tmp_path, TEXT))
    assert isinstance(city, City)
    assert city.agency_ids == ("arbeitsamt",)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name = ", "is no TOML"),
        (TEXT.replace('name = "Testburg"', ""), "name: Field required"),
        (TEXT.replace("sozialzentrum", "palace"), "offices.0.kind"),
        (TEXT.replace("job_placement", "magic"), "agencies.0.services.0"),
        (TEXT.replace('id = "nord"', 'id = "Nord Mitte"'), "offices.0.id"),
        (TEXT + 'color = "red"', "offices.0.color"),
        (TEXT + TEXT[TEXT.index("[[offices]]") :], "an id occurs twice"),
        (TEXT + TEXT[TEXT.index("[[offices]]") :].replace("nord", "sued"), "nord and sued are responsible"),
    ],
)
def test_a_mistake_is_named_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(CityMisconfigured, match="city") as refused:
        read_city(written(tmp_path, text))
    assert said in str(refused.value)


def test_a_missing_file_says_what_to_set(tmp_path: Path) -> None:
    with pytest.raises(CityMisconfigured, match="LOTSE_CONFIG"):
        read_city(tmp_path / "nowhere")
