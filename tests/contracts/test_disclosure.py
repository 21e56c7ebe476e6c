"""No forbidden field can reach an agency, and no log kept for ever holds a name, an address or free text."""

from datetime import date
from typing import Annotated, ClassVar

import pytest
from pydantic import BaseModel, StringConstraints, create_model

from contracts import headers, topics
from contracts.disclosure import ALLOWED, CONTACT, beyond, fields, kept
from contracts.event import Event, PersonEvent, ReferralMessage
from contracts.events import partners
from contracts.events.referrals import PartnerMessageHeld
from contracts.topics import Topic, Width
from contracts.words import EndReason, ServiceKind

TOLD = (*topics.partner_out("arbeitsamt").events, *topics.DAY.events)
EVERYTHING = topics.event_topics(("arbeitsamt", "bremer-arbeit"))


def offered(**extra: object) -> type[Event]:
    """A `ReferralOffered` that tells more."""
    added = dict.fromkeys(extra, ...)
    model: type[Event] = create_model(  # type: ignore[call-overload]
        "ReferralOffered", __base__=partners.ReferralOffered, **{name: (extra[name], added[name]) for name in extra}
    )
    return model


def test_agencies_are_told_what_is_on_the_allow_list_and_nothing_else() -> None:
    assert beyond(TOLD) == []
    assert {name: set(paths) for name, paths in ALLOWED.items()} == {
        event.type_name(): {path for path, _ in fields(event)} for event in TOLD
    }


class Secret(BaseModel):
    amount_due: int


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("person_id", str),
        ("household_id", str),
        ("protection_class", str),
        ("reason", EndReason),
        ("agency", str),
        ("nationality", str),
        ("hints", tuple[Secret, ...]),
        ("by_month", dict[str, Secret]),
        ("either", Secret | int),
    ],
)
def test_a_forbidden_field_is_found_at_any_depth(name: str, kind: object) -> None:
    assert beyond([offered(**{name: kind})])


def test_a_field_with_a_harmless_name_is_found_too() -> None:
    assert beyond([offered(colour=bool)]) == [
        "lotse.partners.out.ReferralOffered.v1: colour is not on the allow-list of contracts/disclosure.py"
    ]


def test_an_allowed_field_that_becomes_text_or_gains_a_code_is_found() -> None:
    assert beyond([offered(service=str)])
    assert beyond([offered(answer_by=ServiceKind)])


def test_a_reason_would_show_in_a_withdrawal() -> None:
    assert set(partners.ReferralWithdrawn.model_fields) == {"occurred_on", "referral_id"}


def test_names_and_contact_leave_in_the_one_message_that_follows_acceptance() -> None:
    telling = {event.__name__ for event in TOLD for path, _ in fields(event) if path in CONTACT}
    assert telling == {"ContactReleased"}


def test_partner_records_carry_nothing_that_links_them() -> None:
    for topic in EVERYTHING:
        linked = {"ce_correlationid", "ce_causationid", "traceparent"} & headers.schema(topic)["properties"].keys()
        assert bool(linked) == headers.linked(topic)
        assert not (linked and topic.name.startswith(("partners.", "calendar.")))


def test_nothing_kept_for_ever_holds_names_addresses_or_free_text() -> None:
    assert kept(EVERYTHING) == []


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("family_name", Annotated[str, StringConstraints(pattern="^[a-z]+$")]),
        ("birth_date", date),
        ("remark", int),
        ("wish", str),
        ("wish", Annotated[str, StringConstraints(max_length=20)]),
        ("wish", Annotated[str, StringConstraints(pattern="^.{1,40}$")]),
        ("wishes", tuple[str, ...]),
        ("wishes", dict[str, str]),
    ],
)
def test_a_name_or_text_on_a_topic_kept_for_ever_is_found(name: str, kind: object) -> None:
    model: type[PersonEvent] = create_model("Told", __base__=PersonEvent, **{name: (kind, ...)})  # type: ignore[call-overload]
    model.family = "intake"
    assert kept([Topic("x.v1", "person_id", Width.PERSON, "intake", ("casework",), (model,))])


def test_a_held_message_keeps_only_the_fields_of_its_type() -> None:
    referral = "5a3c9f6e-0a51-4f0e-9a53-0f1f0c5a9d11"
    fields = f'"occurred_on":"2001-03-01","referral_id":"{referral}","result_id":"r1","end_date":"2001-03-02"'
    written = f'{{{fields},"note":"ill"}}'
    held = PartnerMessageHeld.model_validate(
        {
            "occurred_on": "2001-03-01",
            "person_id": referral,
            "referral_id": referral,
            "agency": "arbeitsamt",
            "message_id": "m1",
            "message_type": "lotse.partners.in.PlacementEnded.v1",
            "partition": 0,
            "offset": 0,
            "waits_for": "r1",
            "held_until": "2001-03-31",
            "held": written,
        }
    )
    assert "ill" not in held.held
    assert topics.partner_in("arbeitsamt").decode(held.message_type, held.held.encode()) == topics.partner_in(
        "arbeitsamt"
    ).decode(held.message_type, written.encode())


class Unlisted(ReferralMessage):
    """A message that no one has put on the allow-list."""

    family: ClassVar[str] = "partners.out"


def test_a_new_message_needs_lines_of_its_own() -> None:
    assert len(beyond([Unlisted])) == len(Unlisted.model_fields)
