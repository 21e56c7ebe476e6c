"""What the runtime relies on: states as JSON, rows that mirror them, the payments' own facts."""

from datetime import date

from pydantic import TypeAdapter

from contracts import topics
from contracts.event import PersonEvent
from contracts.events.intake import BenefitPaid, HouseholdChanged, PossibleDuplicateFound
from contracts.words import Ability, BenefitEndReason, BenefitKind, Mobility, ProtectionClass, Qualification
from services.intake import store, tables
from services.intake.domain.client import Client, initial
from services.intake.domain.commands import (
    AssessAbility,
    ChangeBenefit,
    EndBenefits,
    MergeClients,
    ProtectionGrant,
    SetProtection,
)
from services.runtime.decision import Message
from tests.unit.intake.given import ANNA, BERTA, HOME, TODAY, marks, with_anna, with_anna_and_berta

MAY, JUNE = date(2001, 5, 1), date(2001, 6, 1)


def test_a_state_survives_its_json() -> None:
    intake = with_anna_and_berta()
    ill = ProtectionGrant(protection_class=ProtectionClass.ILL)
    intake.told(SetProtection(person_id=ANNA, protection=ill, author="x"))
    intake.told(
        AssessAbility(
            person_id=ANNA,
            ability=Ability.LIMITED,
            qualification=Qualification.NONE,
            languages=("de",),
            hours_per_week=20,
            mobility=Mobility.CITY,
            work_permit=True,
            author="x",
        )
    )
    intake.told(MergeClients(survivor_id=ANNA, loser_id=BERTA))
    codec = TypeAdapter(Client)
    for state in intake.states.values():
        assert codec.validate_json(codec.dump_json(state)) == state


def test_a_benefits_rows_are_its_steps_up_to_its_end() -> None:
    intake = with_anna()
    (benefit,) = intake.states[ANNA].benefits
    intake.told(ChangeBenefit(person_id=ANNA, benefit_id=benefit.benefit_id, monthly=marks(70_000), on=MAY))
    intake.told(EndBenefits(person_id=ANNA, reason=BenefitEndReason.WORK, on=JUNE))
    rows = [row for row in store.index(intake.states[ANNA]) if isinstance(row, tables.BenefitRow)]
    assert [(row.since, row.until, row.minor) for row in rows] == [(TODAY, MAY, 60_000), (MAY, JUNE, 70_000)]


def test_an_end_before_a_foreseen_step_leaves_that_step_without_a_day() -> None:
    intake = with_anna()
    (benefit,) = intake.states[ANNA].benefits
    intake.told(ChangeBenefit(person_id=ANNA, benefit_id=benefit.benefit_id, monthly=marks(70_000), on=JUNE))
    intake.told(EndBenefits(person_id=ANNA, reason=BenefitEndReason.WORK, on=MAY))
    rows = [row for row in store.index(intake.states[ANNA]) if isinstance(row, tables.BenefitRow)]
    assert [(row.since, row.until) for row in rows] == [(TODAY, MAY), (JUNE, MAY)]


def test_who_is_not_registered_has_no_rows() -> None:
    assert not list(store.index(initial(ANNA)))


def test_payments_households_and_review_items_are_facts_of_their_own() -> None:
    paid = BenefitPaid(
        occurred_on=TODAY,
        person_id=ANNA,
        payment_id=BERTA,
        household_id=HOME,
        kind=BenefitKind.HLU,
        month="2001-03",
        amount=marks(60_000),
    )
    joined = HouseholdChanged(occurred_on=TODAY, person_id=ANNA, household_id=HOME, head=True)
    left = HouseholdChanged(occurred_on=TODAY, person_id=ANNA, household_id=None, head=False)
    alike = [
        PossibleDuplicateFound(occurred_on=TODAY, person_id=one, other_id=other, similarity=90)
        for one, other in ((ANNA, BERTA), (BERTA, ANNA))
    ]
    rows = [row for event in (paid, joined, left, *alike) for row in store.project(_message(event))]
    assert [type(row) for row in rows] == [tables.PaymentRow, tables.HouseholdRow, tables.PossibleDuplicateRow]


def test_a_payment_leaves_the_state_as_it_was() -> None:
    intake = with_anna()
    before = intake.states[ANNA]
    paid = BenefitPaid(
        occurred_on=TODAY,
        person_id=ANNA,
        payment_id=BERTA,
        household_id=HOME,
        kind=BenefitKind.HLU,
        month="2001-03",
        amount=marks(60_000),
    )
    intake.heard([paid])
    assert intake.states[ANNA] is before


def _message(event: PersonEvent) -> Message:
    return Message(topics.PERSON, event, event.person_id, "m")
