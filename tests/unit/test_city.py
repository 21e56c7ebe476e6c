"""A configuration: on every day exactly one office for every district; a mistake is told with its line and a remedy."""

import ast
import tomllib
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.city import City, CityMisconfigured, Office, OfficeKind, read_city
from contracts.mistakes import line_of
from contracts.words import ServiceKind
from simulation.facts import read_scene

DEPLOY = Path(__file__).parents[2] / "deploy"
CITIES = sorted(path.parent for path in DEPLOY.glob("*/city.toml"))
BREMEN = read_city(DEPLOY / "bremen")
NEUWERDER = read_city(DEPLOY / "neuwerder")
REORGANISED = date(2001, 10, 2)

TEXT = """\
name = "Testburg"
[deadlines]
reminders = [3, 9]
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
OFFICE = TEXT[TEXT.index("[[offices]]") :]
AGENCY = TEXT[TEXT.index("[[agencies]]") : TEXT.index("[[offices]]")]


def written(folder: Path, text: str) -> Path:
    (folder / "city.toml").write_text(text, encoding="utf-8")
    return folder


@given(
    city=st.sampled_from([BREMEN, NEUWERDER]),
    day=st.dates(min_value=date(1999, 1, 1), max_value=date(2030, 12, 31)),
)
def test_every_district_has_exactly_one_office_on_every_day(city: City, day: date) -> None:
    for district in city.districts:
        working = [office for office in city.offices if district in office.districts and office.works_on(day)]
        assert [city.responsible(district, day)] == working


def test_four_departments_gave_way_to_twelve_centres() -> None:
    before = [office for office in BREMEN.offices if office.works_on(REORGANISED - timedelta(days=1))]
    after = [office for office in BREMEN.offices if office.works_on(REORGANISED)]
    assert [office.kind for office in before] == [OfficeKind.REGIONAL] * 4
    assert [office.kind for office in after] == [OfficeKind.SOZIALZENTRUM] * 12
    assert BREMEN.centres_since == REORGANISED


def test_the_attested_centres_have_their_names() -> None:
    names = {office.name.removeprefix("Sozialzentrum ") for office in BREMEN.offices}
    assert {"Mitte / Östliche Vorstadt", "Gröpelingen / Walle"} <= names


def test_the_two_agencies_and_what_they_offer() -> None:
    assert BREMEN.agency_ids == ("arbeitsamt", "bremer-arbeit")
    scheme = [agency.id for agency in BREMEN.agencies if ServiceKind.JOB_SCHEME in agency.services]
    assert scheme == ["bremer-arbeit"]


def test_bremens_rules() -> None:
    deadlines = BREMEN.deadlines
    assert (deadlines.reminders, deadlines.expiry, deadlines.silence, deadlines.held) == ((3, 9), 14, 30, 30)
    assert (BREMEN.caseload_limit, BREMEN.review_months) == (75, 6)
    assert (BREMEN.partitions.person, BREMEN.partitions.partner) == (12, 3)


@pytest.mark.parametrize("folder", CITIES, ids=lambda folder: folder.name)
def test_every_city_that_is_delivered_can_be_demonstrated(folder: Path) -> None:
    scene = read_scene(folder)
    assert scene.first_day < scene.reorganised_on < scene.last_day


def test_the_second_city_shares_nothing_with_bremen() -> None:
    one, other = (
        {o.id for o in city.offices} | set(city.agency_ids) | city.districts | {city.name}
        for city in (BREMEN, NEUWERDER)
    )
    assert not one & other
    assert NEUWERDER.deadlines != BREMEN.deadlines


@pytest.mark.parametrize("package", ["services", "lotse", "simulation", "contracts"])
def test_no_code_names_an_office_district_or_agency(package: str) -> None:
    """But the golden examples, which tell one client's way through Bremen."""
    theirs = {o.id for o in BREMEN.offices} | {o.name for o in BREMEN.offices} | BREMEN.districts
    theirs |= {a.id for a in BREMEN.agencies} | {a.name for a in BREMEN.agencies}
    for path in (DEPLOY.parent / package).rglob("*.py"):
        if path.name != "story.py":
            texts = {n.value for n in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(n, ast.Constant)}
            assert not texts & theirs, path


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


def test_a_small_city_has_the_usual_rules(tmp_path: Path) -> None:
    city = read_city(written(tmp_path, TEXT))
    assert city.agency_ids == ("arbeitsamt",)
    assert city.deadlines == BREMEN.deadlines
    assert city.partitions == BREMEN.partitions


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name = ", "is no TOML"),
        (TEXT.replace('name = "Testburg"\n', ""), "line 1, name: is missing. Add it."),
        (TEXT.replace('"Testburg"', '""'), "line 1, name: is empty"),
        ("caseload_limt = 3\n" + TEXT, "line 1, caseload_limt: is no key known here. Did you mean caseload_limit?"),
        ("zebra = 3\n" + TEXT, "line 1, zebra: is no key known here. Known are: agencies, audit_days, "),
        ("caseload_limit = 0\n" + TEXT, "line 1, caseload_limit: is too small. Use 1 or more."),
        ("review_months = 7\n" + TEXT, "line 1, review_months: is too large. Use 6 or less."),
        ('review_months = "six"\n' + TEXT, "line 1, review_months: input should be a valid integer"),
        (TEXT + "[partitions]\nperson = 121\n", "line 14, partitions.person: is too large. Use 120 or less."),
        (TEXT + "[partitions]\nperson = 0\n", "line 14, partitions.person: is too small. Use 1 or more."),
        (TEXT.replace("[3, 9]", "[3, 14]"), "line 3, deadlines.reminders: a reminder on day 14 never comes"),
        (TEXT.replace("[3, 9]", "[9, 3]"), "line 3, deadlines.reminders: the days are not in order"),
        (TEXT.replace("[3, 9]", "[3, 3]"), "line 3, deadlines.reminders: the days are not in order"),
        (TEXT.replace("[3, 9]", "[20, 3]"), "has 2 mistakes"),
        (TEXT.replace("[3, 9]", "[3, 9]\nheld = 31"), "line 4, deadlines.held: is too large. Use 30 or less."),
        (
            TEXT.replace("[3, 9]", "[3, 9]\nexpiry = 3000000"),
            "line 4, deadlines.expiry: is too large. Use 366 or less.",
        ),
        (TEXT.replace("[3, 9]", "[0, 9]"), "line 3, deadlines.reminders[1]: is too small. Use 1 or more."),
        (
            TEXT.replace('"sozialzentrum"', '"palace"'),
            "line 11, offices[nord].kind: is none of the known words.",
        ),
        (TEXT.replace('"job_placement"', '"magic"'), "line 7, agencies[arbeitsamt].services[1]: is none of the known"),
        (
            TEXT.replace('["job_placement"]', "[]"),
            "line 7, agencies[arbeitsamt].services: is empty.",
        ),
        (TEXT.replace('["job_placement"]', '["job_scheme", "job_scheme"]'), "services: a service is named twice"),
        (TEXT.replace('"arbeitsamt"', '"Arbeits.Amt"'), "line 5, agencies[Arbeits.Amt].id: cannot be an id. Use lower"),
        (TEXT.replace('"arbeitsamt"', '"kafka"'), "line 5, agencies[kafka].id: a part of lotse is called kafka"),
        (TEXT.replace('"arbeitsamt"', '"unknown"'), "line 5, agencies[unknown].id: figures say unknown for no agency"),
        (TEXT.replace('"nord"', '"city"'), "line 9, offices[city].id: figures say city for no office"),
        (TEXT.replace('"nord"', '"Nord Mitte"'), "line 9, offices[Nord Mitte].id: cannot be an id. Use lower-case"),
        (TEXT.replace('["see"]', '["Am See"]'), "line 12, offices[nord].districts[1]: cannot be an id. Use lower-case"),
        (TEXT.replace('["see"]', '["see", "see"]'), "line 12, offices[nord].districts: a district is named twice"),
        (TEXT + 'color = "red"\n', "line 13, offices[nord].color: is no key known here."),
        (TEXT + "since = 2001-13-01\n", "is no TOML"),
        (TEXT + 'since = "soon"\n', "line 13, offices[nord].since: input should be a valid date"),
        (TEXT + "since = 2001-02-01\nuntil = 2001-01-01\n", "line 14, offices[nord].until: it ends before it begins."),
        (TEXT.replace(AGENCY, AGENCY * 2), "line 9, agencies[arbeitsamt].id: there is an agency arbeitsamt already."),
        (TEXT + OFFICE.replace('"see"', '"fluss"'), "line 14, offices[nord].id: there is an office nord already."),
        (
            TEXT + OFFICE.replace("nord", "sued"),
            "line 17, offices[sued].districts: nord and sued are responsible for see on the same day. Take it",
        ),
        (
            TEXT + "until = 2001-10-01\n",
            "line 12, offices[nord].districts: nobody is responsible for see on 2001-10-02",
        ),
        (
            TEXT + OFFICE.replace("nord", "sued").replace("see", "fluss") + "since = 2001-10-02\n",
            "line 17, offices[sued].districts: nobody is responsible for fluss before its first office opens.",
        ),
        (
            TEXT + "until = 2001-10-01\n" + OFFICE.replace("nord", "sued") + "since = 2001-10-05\n",
            "nobody is responsible for see on 2001-10-02. Give it an office for every day",
        ),
    ],
)
def test_a_mistake_is_told_with_its_line_and_what_to_do(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(CityMisconfigured) as refused:
        read_city(written(tmp_path, text))
    assert str(refused.value).startswith(str(tmp_path / "city.toml"))
    assert said in str(refused.value)


def test_all_mistakes_are_told_at_once_in_the_order_of_the_lines(tmp_path: Path) -> None:
    text = TEXT.replace("[3, 9]", "[3, 40]").replace(AGENCY, AGENCY * 2) + "until = 2001-10-01\n"
    with pytest.raises(CityMisconfigured, match="has 3 mistakes") as refused:
        read_city(written(tmp_path, text))
    lines = [line.split(",")[0].strip() for line in str(refused.value).splitlines()[1:]]
    assert lines == ["line 3", "line 9", "line 16"]


@given(data=st.data(), city=st.sampled_from(CITIES))
def test_every_key_is_found_on_its_line(data: st.DataObject, city: Path) -> None:
    text = (city / "city.toml").read_text(encoding="utf-8")
    offices = tomllib.loads(text)["offices"]
    number = data.draw(st.integers(0, len(offices) - 1))
    key = data.draw(st.sampled_from(sorted(offices[number])))
    line = text.splitlines()[line_of(text, ("offices", number, key)) - 1]
    assert line.startswith(f"{key} = ")
    if isinstance(offices[number][key], str):
        assert line == f'{key} = "{offices[number][key]}"'


def test_a_missing_file_says_what_to_set(tmp_path: Path) -> None:
    with pytest.raises(CityMisconfigured, match="LOTSE_CONFIG"):
        read_city(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('hafen = { recipients = 4, postcode = "99992" }\n', "", "its districts are not those of city.toml: hafen"),
        ("recipients = 4", "recipients = 0", "districts.hafen.recipients: input should be greater than 0"),
        ("[outcomes.kreishandwerkerschaft.", "[outcomes.kammer.", "city.toml has no agency kammer. Use one of: stell"),
        ('first_month = "2001-02"', 'first_month = "2001-05"', "Give the centres a later `since`"),
        ("at_once = 3", "at_onse = 3", "staffing.at_onse: is no key known here. Did you mean at_once?"),
    ],
)
def test_a_mistake_in_the_facts_is_told_too(tmp_path: Path, old: str, new: str, said: str) -> None:
    for name in ("city.toml", "demo.toml"):
        text = (DEPLOY / "neuwerder" / name).read_text(encoding="utf-8")
        (tmp_path / name).write_text(text.replace(old, new) if name == "demo.toml" else text, encoding="utf-8")
    with pytest.raises(CityMisconfigured) as refused:
        read_scene(tmp_path)
    assert said in str(refused.value)


def test_two_offices_cannot_be_on_one_tile_on_the_same_day(tmp_path: Path) -> None:
    other = OFFICE.replace("nord", "sued").replace("see", "moor") + "tile = [1, 1]\n"
    with pytest.raises(CityMisconfigured, match=r"line 19, offices\[sued\]\.tile: nord and sued are on the same tile"):
        read_city(written(tmp_path, TEXT + "tile = [1, 1]\n" + other))
