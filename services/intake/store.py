"""What follows from states and events: rows that mirror a client, and facts that stand in tables of their own."""

from collections.abc import Iterable, Iterator
from typing import Final

from sqlmodel import SQLModel

from contracts.events.intake import (
    AbilityAssessed,
    BenefitPaid,
    ClientErased,
    HouseholdChanged,
    IdentityRecorded,
    PaymentReversed,
    PossibleDuplicateDismissed,
    PossibleDuplicateFound,
)
from services.intake.domain.client import Benefit, Client
from services.intake.domain.commands import AssessAbility, Erase
from services.intake.domain.identity import Identity
from services.intake.tables import (
    AssessmentRow,
    BenefitRow,
    ClientRow,
    DismissedDuplicateRow,
    ErasureRow,
    HouseholdRow,
    IdentityRow,
    MembershipRow,
    PaymentReversalRow,
    PaymentRow,
    PossibleDuplicateRow,
)
from services.runtime.decision import Message, Publication
from services.runtime.erasing import deletes, forgets, renames

ERASURES: Final = (
    deletes("client", "person_id"),
    deletes("benefit", "person_id"),
    *renames("payment", "person_id"),
    deletes("possible_duplicate", "person_id", "other_id"),
    deletes("dismissed_duplicate", "person_id", "other_id"),
    deletes("identity", "person_id"),
    deletes("assessment", "person_id"),
    deletes("identity_key", "person_id"),
    deletes("identity_block", "person_id"),
    forgets(
        "household_number n",
        """household_id in (select household_id from membership join gone on subject = person_id) and not exists (
  select from membership m join client c using (person_id) where m.household_id = n.household_id)""",
    ),
    deletes("membership", "person_id"),
)
"""Payments are the city's books and stay, of nobody; an office's number of a household goes with its last client."""


def index(client: Client) -> Iterator[SQLModel]:
    """The rows that mirror a client's state."""
    for one in client.memberships:
        yield MembershipRow.model_construct(
            person_id=client.person_id, since=one.since, household_id=one.household_id, head=one.head
        )
    if client.registered_on is None:
        return
    yield ClientRow.model_construct(
        person_id=client.person_id,
        office=client.residence.office,
        district=client.residence.district,
        registered_on=client.registered_on,
        departed_on=client.departed_on,
        departments=[one.value for one in client.departments],
        departments_since=client.departments_since,
    )
    for benefit in client.benefits:
        yield from _amounts(client.person_id, benefit)


def _amounts(person_id: str, benefit: Benefit) -> Iterator[BenefitRow]:
    for step, amount in enumerate(benefit.amounts):
        following = benefit.amounts[step + 1].since if step + 1 < len(benefit.amounts) else None
        ends = [day for day in (following, benefit.ended_on) if day is not None]
        yield BenefitRow.model_construct(
            benefit_id=benefit.benefit_id,
            since=amount.since,
            until=min(ends, default=None),
            person_id=person_id,
            kind=benefit.kind.value,
            minor=amount.monthly.minor,
            currency=amount.monthly.currency.value,
        )


def project(message: Message) -> Iterator[SQLModel]:
    """The facts that stand in tables of their own."""
    match message.event:
        case HouseholdChanged(household_id=str() as household_id):
            yield HouseholdRow.model_construct(household_id=household_id)
        case BenefitPaid() as paid:
            yield PaymentRow.model_construct(
                household_id=paid.household_id,
                kind=paid.kind.value,
                month=paid.month,
                payment_id=paid.payment_id,
                person_id=paid.person_id,
                paid_on=paid.occurred_on,
                minor=paid.amount.minor,
                currency=paid.amount.currency.value,
            )
        case PaymentReversed(payment_id=payment_id, occurred_on=day, author=author):
            yield PaymentReversalRow.model_construct(payment_id=payment_id, reversed_on=day, author=author)
        case PossibleDuplicateFound() as found if found.person_id < found.other_id:
            yield PossibleDuplicateRow.model_construct(
                person_id=found.person_id,
                other_id=found.other_id,
                similarity=found.similarity,
                found_on=found.occurred_on,
            )
        case PossibleDuplicateDismissed() as dismissed if dismissed.person_id < dismissed.other_id:
            yield DismissedDuplicateRow.model_construct(
                person_id=dismissed.person_id,
                other_id=dismissed.other_id,
                dismissed_on=dismissed.occurred_on,
                author=dismissed.author,
            )
        case _:
            return


def erasure_rows(events: Iterable[Publication], command: Erase) -> list[ErasureRow]:
    """Who erased which record, and why: all that says so when the accesses are no longer kept."""
    return [
        ErasureRow(
            person_id=one.person_id,
            erased_on=one.occurred_on,
            reason=command.reason.value,
            basis=command.basis.value,
            author=command.author,
        )
        for one in events
        if isinstance(one, ClientErased)
    ]


def identity_row(event: IdentityRecorded) -> IdentityRow:
    return IdentityRow(
        person_id=event.person_id,
        given_name=event.given_name,
        family_name=event.family_name,
        birth_date=event.birth_date,
        street=event.street,
        house_number=event.house_number,
        postcode=event.postcode,
        phone=event.phone,
    )


def assessment_row(event: AbilityAssessed, command: AssessAbility) -> AssessmentRow:
    return AssessmentRow(
        person_id=event.person_id,
        assessed_on=event.occurred_on,
        author=event.author,
        ability=event.ability.value,
        qualification=event.qualification.value,
        strengths=list(command.strengths),
        wishes=list(command.wishes),
    )


def identity_of(row: IdentityRow) -> Identity:
    return Identity(
        given_name=row.given_name,
        family_name=row.family_name,
        birth_date=row.birth_date,
        street=row.street,
        house_number=row.house_number,
        postcode=row.postcode,
        phone=row.phone,
    )
