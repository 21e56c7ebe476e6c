"""One person: everyone who was merged into them, asked as one. No aggregate moves when clients are merged."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from contracts.words import CaseClosedReason, Department
from services.casework.domain import circumstances
from services.casework.domain.cases import Case, Request
from services.casework.domain.circumstances import Records
from services.casework.domain.client import Client
from services.casework.domain.intake import Assessment, Identity, OfficeSince
from services.casework.domain.referrals import TERMINAL, Placement, Referral, ReferralState
from services.casework.domain.work_items import Item, Suggestion
from services.runtime.decision import Clients, NotFound


class UnknownCase(NotFound):
    code = "unknown_case"


class UnknownReferral(NotFound):
    code = "unknown_referral"


class UnknownItem(NotFound):
    code = "unknown_item"


@dataclass(frozen=True, slots=True)
class Person:
    """`root` is the canonical client, `members` all of the family with it."""

    root: Client
    members: tuple[Client, ...]

    @property
    def records(self) -> Records:
        others = (one.intake for one in self.members if one.person_id != self.root.person_id)
        return (self.root.intake, *others)

    @property
    def identity(self) -> Identity | None:
        """The canonical record's, or that of another one that has any."""
        known = (one.identity for one in (self.root, *self.members) if one.identity is not None)
        return next(known, None)

    @property
    def cases(self) -> tuple[Case, ...]:
        return tuple(case for one in self.members for case in one.casework.cases)

    @property
    def open_cases(self) -> tuple[Case, ...]:
        """The one to keep first: opened first, then the lower id (domain.md C1)."""
        found = (case for case in self.cases if case.open)
        return tuple(sorted(found, key=lambda case: (case.opened_on, case.case_id)))

    @property
    def requests(self) -> tuple[Request, ...]:
        return tuple(asked for one in self.members for asked in one.casework.requests)

    @property
    def items(self) -> tuple[Item, ...]:
        return tuple(item for one in self.members for item in one.casework.items)

    @property
    def suggestions(self) -> tuple[Suggestion, ...]:
        return tuple(one for member in self.members for one in member.casework.suggestions)

    @property
    def referrals(self) -> tuple[Referral, ...]:
        return tuple(referral for one in self.members for referral in one.referrals.referrals)

    @property
    def placements(self) -> tuple[Placement, ...]:
        return tuple(placement for one in self.members for placement in one.referrals.placements)

    def case(self, case_id: str) -> Case:
        """Raises `UnknownCase`."""
        found = next((one for one in self.cases if one.case_id == case_id), None)
        if found is None:
            raise UnknownCase(f"there is no case {case_id}")
        return found

    def state_of(self, referral_id: str) -> ReferralState:
        """A request that referrals has not answered yet is a draft."""
        told = next((one for one in self.referrals if one.referral_id == referral_id), None)
        return ReferralState.DRAFT if told is None else told.state

    def open_at(self, agency: str) -> str | None:
        """The open referral to an agency, as far as casework knows; at most one is allowed (R6)."""
        names = {one.referral_id for one in self.requests if one.agency == agency}
        names |= {one.referral_id for one in self.referrals if one.agency == agency}
        return next((name for name in sorted(names) if self.state_of(name) not in TERMINAL), None)

    def protected_on(self, day: date) -> bool:
        return circumstances.protected_on(self.records, day)

    def assessment_on(self, day: date) -> Assessment | None:
        return circumstances.assessment_on(self.records, day)

    def ground_to_close(self, day: date) -> CaseClosedReason | None:
        return circumstances.ground_to_close(self.records, day)

    def may_have_case(self, day: date) -> bool:
        return circumstances.may_have_case(self.records, day)

    def visible_to(self, department: str, day: date) -> bool:
        """I5: whom young people's services alone look after is invisible to all others."""
        departments = circumstances.departments_on(self.records, day)
        return department == Department.YOUNG_PEOPLE or departments != (Department.YOUNG_PEOPLE,)

    def office_on(self, day: date) -> OfficeSince | None:
        return circumstances.office_on(self.records, day)


def person_of(clients: Clients[Client], subject: str) -> Person:
    return Person(clients.canonical(subject), clients.family(subject))


def closed(records: Sequence[Client], department: str, day: date) -> bool:
    """Whether the person with these records is invisible to a department."""
    root = next((one for one in records if one.canonical == one.person_id), records[0])
    return not Person(root, tuple(records)).visible_to(department, day)


def holder(clients: Clients[Client], name: str, unknown: type[NotFound]) -> tuple[Client, Person]:
    """The client whose case, referral or work item this is, and the person they are. Raises `unknown`."""
    found = clients.find(name)
    if found is None or name not in found.references:
        raise unknown(f"casework knows no {name}")
    return found, person_of(clients, found.person_id)
