"""What requests say. Nothing beyond these fields is accepted."""

from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from contracts.words import (
    AgencyId,
    CaseClosedReason,
    Goal,
    OfficeId,
    ReopenReason,
    ServiceKind,
    StaffId,
    Step,
    Uuid,
    WithdrawReason,
)
from services.casework.domain.absence import RecordAbsence
from services.casework.domain.assignment import RegisterCaseManager
from services.casework.domain.casebook import AgreePlan, CloseCase, ReopenCase
from services.casework.domain.offers import Refer, TakeBack

Sentence = Annotated[str, StringConstraints(max_length=500, strip_whitespace=True)]
Sentences = Annotated[tuple[Sentence, ...], Field(max_length=20)]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class CaseManagerBody(Body):
    """`since`: the first day on which cases are assigned; without a limit of their own the city's holds."""

    staff_id: StaffId
    office: OfficeId
    since: date
    caseload_limit: Annotated[int, Field(ge=1, le=1000)] | None = None

    def order(self) -> RegisterCaseManager:
        return RegisterCaseManager(
            staff_id=self.staff_id, office=self.office, since=self.since, caseload_limit=self.caseload_limit
        )


class AbsenceBody(Body):
    """Absent from `since` until the day before `returns_on`; without a deputy the least loaded colleagues stand in."""

    since: date
    returns_on: date
    deputy: StaffId | None = None

    def order(self, staff_id: str, author: str) -> RecordAbsence:
        return RecordAbsence(
            staff_id=staff_id, since=self.since, returns_on=self.returns_on, deputy=self.deputy, recorded_by=author
        )


class PlanBody(Body):
    """A joint plan. `review_on` at the latest six months from today, which is also what it is if not said."""

    goal: Goal | None = None
    steps: Annotated[tuple[Step, ...], Field(max_length=20)] = ()
    strengths: Sentences = ()
    duties_client: Sentences = ()
    duties_office: Sentences = ()
    review_on: date | None = None

    def order(self, case_id: str, author: str) -> AgreePlan:
        return AgreePlan(
            case_id=case_id,
            author=author,
            goal=self.goal,
            steps=self.steps,
            strengths=self.strengths,
            duties_client=self.duties_client,
            duties_office=self.duties_office,
            review_on=self.review_on,
        )


class ReferralBody(Body):
    """`follows`: a referral of this client that has ended, which this one replaces."""

    agency: AgencyId
    service: ServiceKind
    follows: Uuid | None = None

    def order(self, case_id: str) -> Refer:
        return Refer(case_id=case_id, agency=self.agency, service=self.service, follows=self.follows)


class WithdrawalBody(Body):
    """The reason stays in the city."""

    reason: WithdrawReason

    def order(self, referral_id: str) -> TakeBack:
        return TakeBack(referral_id=referral_id, reason=self.reason)


class ClosingBody(Body):
    reason: CaseClosedReason

    def order(self, case_id: str) -> CloseCase:
        return CloseCase(case_id=case_id, reason=self.reason)


class ReopeningBody(Body):
    """`closed_in_error`, `support_needed` or `unmerged`; every other reason is a fact that intake records."""

    reason: ReopenReason

    def order(self, case_id: str) -> ReopenCase:
        return ReopenCase(case_id=case_id, reason=self.reason)
