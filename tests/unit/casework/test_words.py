"""Every event and every code of the contracts has plain words, German and English."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import configure_mappers

from contracts import topics, words
from contracts.event import Event
from contracts.events.intake import BenefitPaid, ClientErased, PaymentReversed
from contracts.schema import file_of
from services.casework.domain.referrals import ReferralState
from services.casework.file import texts
from services.casework.store import project
from services.casework.tables import TimelineEntry
from services.casework.told.words import LANGUAGES, catalogue, code, sentence, written
from services.runtime.decision import Message
from tests.unit.casework.given import ARBEITSAMT, CITY

configure_mappers()  # as connect_pool does it: rows made by `model_construct` do not ask for it
TOLD = [(topic, event) for topic in (topics.PERSON, topics.CASE, topics.REFERRAL) for event in topic.events]
UNTOLD = {BenefitPaid, ClientErased, PaymentReversed}
"""Monthly payments are on nobody's timeline, and an erasure ends it."""
EXAMPLES = Path("contracts/examples")
RAW = re.compile(r"[a-z]+_[a-z]+|[{}]|None|[0-9]{4}-[0-9]{2}-[0-9]{2}")
"""What no reader should meet: a bare code, a placeholder, a date as machines write it."""
CODES = (
    words.Ability,
    words.BasisKind,
    words.BenefitEndReason,
    words.BenefitKind,
    words.CaseClosedReason,
    words.ConfirmedBy,
    words.DeclinedBy,
    words.Department,
    words.DepartureReason,
    words.EndReason,
    words.Goal,
    words.OfficeChangeReason,
    words.PlacementKind,
    words.ProtectionClass,
    words.Qualification,
    words.RefusalCode,
    words.RejectReason,
    words.RejectionCode,
    words.ReopenReason,
    words.ServiceKind,
    words.StatusQuestion,
    words.Step,
    words.Sustainment,
    words.TransferReason,
    words.WithdrawReason,
    ReferralState,
)


def entries(topic: topics.Topic, event: type[Event]) -> list[TimelineEntry]:
    """The golden examples, as the timeline has them."""
    found: list[TimelineEntry] = []
    for path in sorted((EXAMPLES / file_of(event)).parent.glob(f"{Path(file_of(event)).name}.*.json")):
        value: Any = json.loads(path.read_text(encoding="utf-8"))["value"]
        told = topic.decode(event.type_name(), json.dumps(value).encode())
        for row in project(Message(topic, told, told.subject, "id", 1)):
            assert isinstance(row, TimelineEntry)
            agency = row.agency or (ARBEITSAMT if row.referral_id else None)
            found.append(TimelineEntry(**row.__dict__ | {"agency": agency}))
    return found


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("topic", "event"), TOLD, ids=lambda one: getattr(one, "__name__", ""))
def test_every_event_is_a_sentence_without_codes(topic: topics.Topic, event: type[Event], language: str) -> None:
    told = [sentence(entry, CITY, language) for entry in entries(topic, event)]
    assert bool(told) is (event not in UNTOLD)
    for text in told:
        assert text[0].isupper()
        assert text[-1] in ".?"
        assert not RAW.search(text), text


def test_every_code_has_words_in_both_languages() -> None:
    for kind in CODES:
        for one in kind:
            assert all(code(one.value, language) for language in LANGUAGES)
            assert one.value in catalogue("codes"), f"{kind.__name__}.{one.name}"


@pytest.mark.parametrize("known", [catalogue("sentences"), catalogue("codes"), texts.catalogue()])
def test_no_text_lacks_a_language_or_a_placeholder(known: dict[str, dict[str, str]]) -> None:
    for key, by_language in known.items():
        assert set(by_language) == set(LANGUAGES), key
        names = [set(re.findall(r"{(\w+)}", text)) for text in by_language.values()]
        assert names[0] == names[1], key


def test_every_sentence_belongs_to_an_event() -> None:
    names = {event.__name__ for topic in (topics.PERSON, topics.CASE, topics.REFERRAL) for event in topic.events}
    assert {key.partition(".")[0] for key in catalogue("sentences")} <= names


@pytest.mark.parametrize(
    ("field", "value", "german", "english"),
    [
        ("office", "vahr", "Sozialzentrum Vahr", "Sozialzentrum Vahr"),
        ("agency", ARBEITSAMT, "Arbeitsamt Bremen", "Arbeitsamt Bremen"),
        ("review_on", "2002-03-01", "1. März 2002", "1 March 2002"),
        ("monthly", {"minor": 123_456, "currency": "DEM"}, "1.234,56 DM", "1,234.56 DM"),
        ("reason", "no_show", "nicht erschienen", "did not show up"),
        ("outcome", "failed", "nicht nachhaltig", "not sustained"),
        ("author", "m.weber", "m.weber", "m.weber"),
        ("steps", ["apply", "child_care"], "Bewerbungen, Kinderbetreuung", "applications, child care"),
    ],
)
def test_a_value_is_written_as_its_field_asks_for(field: str, value: Any, german: str, english: str) -> None:
    assert [written(field, value, CITY, language) for language in LANGUAGES] == [german, english]
