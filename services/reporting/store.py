"""Dated facts, each table fed by one topic. Rows are only ever added: the same event writes the same row again.

A fact about a person is keyed by `person_id` and the `sequence` of its event, dense per topic and person; what has an
id of its own by that id. No row depends on another topic or on the order among persons, so a replay in any interleaving
gives the same tables. Codes are the contracts' words. Amounts are minor units (Pfennig or cent).
"""

from datetime import date
from typing import Final

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from services.runtime.erasing import renames
from services.runtime.tables import Row

# intake.person.v1


class Registration(Row, table=True):
    __tablename__ = "registration"

    person_id: str = Field(primary_key=True)
    sequence: int = Field(primary_key=True, sa_type=sa.BigInteger)
    registered_on: date


class Characteristic(Row, table=True):
    """Sex and month of birth (`1970-01`) as registered or corrected: of each the last told holds."""

    __tablename__ = "characteristic"

    person_id: str = Field(primary_key=True)
    sequence: int = Field(primary_key=True, sa_type=sa.BigInteger)
    sex: str | None
    birth_month: str | None


class Triage(Row, table=True):
    """From `since` these departments (codes, parted by commas) look after the client, until the next row's day."""

    __tablename__ = "triage"

    person_id: str = Field(primary_key=True)
    sequence: int = Field(primary_key=True, sa_type=sa.BigInteger)
    since: date
    departments: str


class Assessment(Row, table=True):
    """From `assessed_on` the client can work or needs qualification for it, or neither, until the next row's day."""

    __tablename__ = "assessment"

    person_id: str = Field(primary_key=True)
    sequence: int = Field(primary_key=True, sa_type=sa.BigInteger)
    assessed_on: date
    able: bool


class Protection(Row, table=True):
    """Both days inclusive (None: without end)."""

    __tablename__ = "protection"

    protection_id: str = Field(primary_key=True)
    person_id: str
    valid_from: date
    valid_until: date | None


class ProtectionClearing(Row, table=True):
    """`cleared_on` is the first day without the protection."""

    __tablename__ = "protection_clearing"

    person_id: str = Field(primary_key=True)
    sequence: int = Field(primary_key=True, sa_type=sa.BigInteger)
    protection_id: str
    cleared_on: date


class ResponsibleOffice(Row, table=True):
    """From `since` this office is responsible for the client, until another one is."""

    __tablename__ = "responsible_office"

    person_id: str = Field(primary_key=True)
    sequence: int = Field(primary_key=True, sa_type=sa.BigInteger)
    since: date
    office: str


class HouseholdMembership(Row, table=True):
    """From `since` the client belongs to this household (None: to none), until the next row's day."""

    __tablename__ = "household_membership"

    person_id: str = Field(primary_key=True)
    sequence: int = Field(primary_key=True, sa_type=sa.BigInteger)
    since: date
    household_id: str | None
    head: bool


class BenefitStart(Row, table=True):
    __tablename__ = "benefit_start"

    benefit_id: str = Field(primary_key=True)
    person_id: str
    kind: str
    since: date


class BenefitEnd(Row, table=True):
    """`ended_on` is the first day without the benefit. Of several ends of one benefit the last told is true."""

    __tablename__ = "benefit_end"

    person_id: str = Field(primary_key=True)
    sequence: int = Field(primary_key=True, sa_type=sa.BigInteger)
    benefit_id: str
    ended_on: date


class Payment(Row, table=True):
    """A household's aid of one kind for `month` (`2001-03`), paid to its head."""

    __tablename__ = "payment"

    payment_id: str = Field(primary_key=True)
    person_id: str
    kind: str
    month: str = Field(index=True)
    paid_on: date
    minor: int = Field(sa_type=sa.BigInteger)
    currency: str


class PaymentReversal(Row, table=True):
    """The payment was made in error: it counts in no month."""

    __tablename__ = "payment_reversal"

    payment_id: str = Field(primary_key=True)
    reversed_on: date


class Departure(Row, table=True):
    """`departed_on` is the first day without the client. Reason `void`: the record should never have been."""

    __tablename__ = "departure"

    person_id: str = Field(primary_key=True)
    sequence: int = Field(primary_key=True, sa_type=sa.BigInteger)
    departed_on: date
    reason: str


class Merge(Row, table=True):
    """`loser_id` is `survivor_id`, and always was. Fed by the loser's copy of the event alone."""

    __tablename__ = "client_merge"

    merge_id: str = Field(primary_key=True)
    loser_id: str
    survivor_id: str
    merged_on: date


class Unmerge(Row, table=True):
    """The merge was wrong and is ended for good. Fed by the loser's copy of the event alone."""

    __tablename__ = "client_unmerge"

    merge_id: str = Field(primary_key=True)
    unmerged_on: date


class Erased(Row, table=True):
    """A person who was erased: from here on their facts stand under a pseudonym, this one too."""

    __tablename__ = "erased"

    person_id: str = Field(primary_key=True)
    erased_on: date


# casework.case.v1


class CaseMove(Row, table=True):
    """From `moved_on` the case is open, or closed, unless a move told later says otherwise."""

    __tablename__ = "case_move"

    person_id: str = Field(primary_key=True)
    sequence: int = Field(primary_key=True, sa_type=sa.BigInteger)
    case_id: str
    moved_on: date
    is_open: bool


class PlanAgreement(Row, table=True):
    """A case's plan, in its first version."""

    __tablename__ = "plan_agreement"

    person_id: str = Field(primary_key=True)
    sequence: int = Field(primary_key=True, sa_type=sa.BigInteger)
    case_id: str
    agreed_on: date


# referrals.referral.v1


class ReferralMove(Row, table=True):
    """From `moved_on` the referral is in `state` (domain.md section 4), unless a move told later says otherwise.
    `declined_by`: of a rejection."""

    __tablename__ = "referral_move"

    person_id: str = Field(primary_key=True)
    sequence: int = Field(primary_key=True, sa_type=sa.BigInteger)
    referral_id: str
    agency: str
    state: str
    moved_on: date
    declined_by: str | None = None


class PlacementReport(Row, table=True):
    """A job or training as the agency reported it. `credited` is False where it counts for the person only."""

    __tablename__ = "placement_report"

    placement_id: str = Field(primary_key=True)
    person_id: str
    agency: str
    kind: str
    employer_id: str | None
    hours_per_week: int
    started_on: date
    credited: bool


class PlacementConfirmation(Row, table=True):
    """Figures count the placement, on its start."""

    __tablename__ = "placement_confirmation"

    placement_id: str = Field(primary_key=True)
    person_id: str
    started_on: date


class PlacementEnd(Row, table=True):
    """`ended_on` is the first day without the job or training."""

    __tablename__ = "placement_end"

    person_id: str = Field(primary_key=True)
    sequence: int = Field(primary_key=True, sa_type=sa.BigInteger)
    placement_id: str
    ended_on: date


class PlacementVoid(Row, table=True):
    """The placement never was."""

    __tablename__ = "placement_void"

    placement_id: str = Field(primary_key=True)
    voided_on: date


class SustainmentCheck(Row, table=True):
    """So many months after the start: `sustained`, `failed` or `unknown`; of several the highest revision counts."""

    __tablename__ = "sustainment_check"

    placement_id: str = Field(primary_key=True)
    months: int = Field(primary_key=True)
    revision: int = Field(primary_key=True)
    checked_on: date
    outcome: str


TABLES: tuple[type[SQLModel], ...] = (
    Registration,
    Characteristic,
    Triage,
    Assessment,
    Protection,
    ProtectionClearing,
    ResponsibleOffice,
    HouseholdMembership,
    BenefitStart,
    BenefitEnd,
    Payment,
    PaymentReversal,
    Departure,
    Merge,
    Unmerge,
    Erased,
    CaseMove,
    PlanAgreement,
    ReferralMove,
    PlacementReport,
    PlacementConfirmation,
    PlacementEnd,
    PlacementVoid,
    SustainmentCheck,
)

_OF_A_PERSON: Final = tuple(str(one.__tablename__) for one in TABLES if "person_id" in one.model_fields)
ERASURES: Final = (
    *(statement for table in _OF_A_PERSON for statement in renames(table, "person_id")),
    *renames("client_merge", "loser_id", "survivor_id"),
)
"""Figures rest on facts, not on whose they are: the facts stay, the id goes."""
