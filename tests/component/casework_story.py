"""A client to whom everything happens that the contracts have a word for."""

import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from contracts.event import Event
from contracts.events import intake, referrals
from contracts.profile import Profile
from contracts.words import (
    BasisKind,
    BenefitEndReason,
    BenefitKind,
    ConfirmedBy,
    Currency,
    DeclinedBy,
    DepartureReason,
    EndReason,
    Mobility,
    Money,
    OfficeChangeReason,
    PlacementKind,
    Qualification,
    RefusalCode,
    RejectionCode,
    RejectReason,
    ServiceKind,
    StatusQuestion,
    Sustainment,
    WithdrawReason,
)
from tests.component.casework_world import OFFER, PLAN, CaseworkWorld

DAY = timedelta(days=1)
OTHER = OFFER | {"agency": "bremer-arbeit", "service": "job_scheme"}
TRAINING = PLAN | {"goal": "vocational_training", "strengths": ["lernt schnell", "spricht drei Sprachen"]}


@dataclass
class Story:
    """A client to whom everything happens; `heard` what was told, in the order in which it was."""

    world: CaseworkWorld
    person_id: str = ""
    case_id: str = ""
    twin_id: str = ""
    heard: list[str] = field(default_factory=list)

    async def says(self, *events: Event) -> None:
        for event in events:
            await self.world.tell(event)
            self.heard.append(type(event).__name__)

    async def refer(self, body: dict[str, Any]) -> str:
        status, answer = await self.world.post(f"/cases/{self.case_id}/referrals", body)
        assert status == 202, answer
        found: str = answer["referral_id"]
        return found

    async def orders(self, path: str, body: dict[str, Any] | None = None) -> None:
        status, answer = await self.world.post(path, body)
        assert status < 300, answer

    def of(self, referral_id: str, agency: str = "arbeitsamt") -> dict[str, Any]:
        return {
            "person_id": self.person_id,
            "referral_id": referral_id,
            "agency": agency,
            "occurred_on": self.world.on,
        }

    @property
    def client(self) -> dict[str, Any]:
        return {"person_id": self.person_id, "occurred_on": self.world.on}


async def whole_story(world: CaseworkWorld) -> Story:
    """Lived to its end."""
    told = Story(world)
    await _begins(told)
    await _is_offered(told)
    await _is_placed(told)
    await _breaks_off_and_is_placed_again(told)
    await _is_looked_after_by_others(told)
    await _is_two_records(told)
    return told


async def _begins(told: Story) -> None:
    """Waits for a case manager, is assessed, has a plan that is revised, overdue and revised again."""
    world = told.world
    told.person_id = await world.able_client()
    await world.name(told.person_id, "Musterfrau", "Ayşe")
    told.case_id = (await world.case_of(told.person_id))["case_id"]
    one = told.client
    await told.says(
        intake.HouseholdChanged(**one, household_id=str(uuid.uuid4()), head=True),
        intake.DisclosureBasisRecorded(
            **one,
            basis_id=str(uuid.uuid4()),
            kind=BasisKind.CONSENT,
            agency=None,
            valid_from=world.on,
            valid_until=None,
        ),
    )
    await world.next_day()
    await world.employ("vahr.fm1")
    await world.next_day()
    await told.orders(f"/cases/{told.case_id}/plans", PLAN | {"review_on": (world.on + DAY).isoformat()})
    await world.next_day()
    await told.orders(f"/cases/{told.case_id}/plans", TRAINING)


async def _is_offered(told: Story) -> None:
    """Refused at the gate, rejected, expired, withdrawn, void: every way in which a referral comes to nothing."""
    world = told.world
    gate = await told.refer(OFFER)
    await told.says(_drafted(told, gate), referrals.ReferralRefused(**told.of(gate), code=RefusalCode.NO_BASIS))
    rejected = await told.refer(OFFER)
    await told.says(*_offered(told, rejected))
    await world.next_day()
    await told.says(
        referrals.ReferralReminded(**told.of(rejected), day=3),
        referrals.ReferralReceived(**told.of(rejected), message_id="received"),
        _rejected(told, rejected, "m-unreadable", RejectionCode.MALFORMED),
        referrals.ReferralRejected(
            **told.of(rejected), message_id="no", reason=RejectReason.WAITLIST, declined_by=DeclinedBy.PARTNER
        ),
        referrals.ErasureConfirmed(**told.of(rejected), message_id="erased"),
    )
    _, worklist = await world.get("/worklist?case_manager=vahr.fm1")
    await told.orders(f"/reconciliation/{worklist['reconciliation'][0]['item_id']}/resolve")
    expired, withdrawn = await told.refer(OFFER | {"follows": rejected}), await told.refer(OTHER)
    await told.says(*_offered(told, expired), *_offered(told, withdrawn, "bremer-arbeit"))
    await told.orders(f"/referrals/{withdrawn}/withdrawal", {"reason": "plan_changed"})
    await told.says(
        referrals.ReferralExpired(**told.of(expired)),
        referrals.ReferralWithdrawn(**told.of(withdrawn, "bremer-arbeit"), reason=WithdrawReason.PLAN_CHANGED),
        referrals.MoveRefused(**told.of(withdrawn, "bremer-arbeit"), state="withdrawn", move="withdraw"),
        _rejected(told, expired, "late", RejectionCode.EXPIRED),
        referrals.ReferralVoided(**told.of(expired)),
    )


async def _is_placed(told: Story) -> None:
    """Accepted by a result that came first, held, corrected, ended, checked; the other agency's offer is withdrawn."""
    world = told.world
    await world.next_day()
    taken, other = await told.refer(OFFER), await told.refer(OTHER)
    await told.says(*_offered(told, taken), *_offered(told, other, "bremer-arbeit"))
    held = referrals.PartnerMessageHeld(
        **told.of(taken),
        message_id="end",
        message_type="lotse.partners.in.PlacementEnded.v1",
        partition=0,
        offset=1,
        waits_for="result",
        held_until=world.on + 30 * DAY,
        held=f'{{"occurred_on":"{world.on}","referral_id":"{taken}","result_id":"result","end_date":"{world.on}",'
        '"reason":"employer_ended"}',
    )
    job = str(uuid.uuid4())
    await told.says(
        held,
        referrals.ReferralAccepted(**told.of(taken), message_id="result", implied=True),
        referrals.ServiceStarted(**told.of(taken), message_id="started"),
        referrals.ServiceHeld(**told.of(taken), message_id="held", review_on=world.on + 9 * DAY),
        referrals.ServiceResumed(**told.of(taken), message_id="resumed"),
        referrals.StatusQueried(**told.of(taken), question=StatusQuestion.SILENCE),
        _placed(told, taken, job, "result"),
        referrals.ReferralCompleted(**told.of(taken), message_id="result", placement_id=job),
        referrals.PlacementConfirmed(**told.of(taken), placement_id=job, confirmed_by=ConfirmedBy.START),
    )
    _, worklist = await world.get("/worklist?case_manager=vahr.fm1")
    (suggested,) = worklist["suggestions"]
    await told.orders(f"/suggestions/{suggested['item_id']}/accept")
    corrected = str(uuid.uuid4())
    await told.says(
        referrals.ReferralWithdrawn(**told.of(other, "bremer-arbeit"), reason=WithdrawReason.PLACED_ELSEWHERE),
        referrals.PlacementVoided(**told.of(taken), placement_id=job, superseded_by=corrected),
        _placed(told, taken, corrected, "corrected", supersedes=job),
        referrals.StatusQueried(**told.of(taken), question=StatusQuestion.MONTHS_6, placement_id=corrected),
        referrals.InsuranceReported(**told.of(taken), placement_id=corrected, message_id="yes", insured=True),
        referrals.ResultRepeated(**told.of(taken), placement_id=corrected, message_id="again"),
        referrals.SustainmentChecked(**told.of(taken), placement_id=corrected, months=6, outcome=Sustainment.SUSTAINED),
    )


async def _breaks_off_and_is_placed_again(told: Story) -> None:
    await told.world.next_day()
    failed, dropped, late = await told.refer(OTHER), await told.refer(OFFER), str(uuid.uuid4())
    await told.says(
        *_offered(told, failed, "bremer-arbeit"),
        *_offered(told, dropped),
        referrals.PlacementEnded(
            **told.of(dropped), placement_id=late, message_id="end", reason=EndReason.EMPLOYER_ENDED
        ),
        referrals.ReferralFailed(
            **told.of(failed, "bremer-arbeit"), message_id="failed", reason=EndReason.NO_SUITABLE_JOB
        ),
        referrals.ReferralDiscontinued(**told.of(dropped), message_id="dropped", reason=EndReason.ILLNESS),
        _placed(told, dropped, late, "too-late", credited=False),
    )


async def _is_looked_after_by_others(told: Story) -> None:
    """An absence, a move, a protection, the end of aid and its return, a case closed and reopened by hand."""
    world = told.world
    await world.employ("vahr.fm2")
    away = {"since": world.on.isoformat(), "returns_on": (world.on + 2 * DAY).isoformat(), "deputy": "vahr.fm2"}
    await told.orders("/case-managers/vahr.fm1/absences", away)
    await world.next_day()
    await world.next_day()
    move: dict[str, Any] = {"office": "groepelingen-walle", "previous_office": "vahr", "district": "walle"}
    basis = str(uuid.uuid4())
    await told.says(intake.OfficeChanged(**told.client, **move, reason=OfficeChangeReason.MOVE))
    await world.protect(told.person_id)
    told.heard.append("ProtectionSet")
    cleared = await world.db.fetchval(
        "select data ->> 'protection_id' from timeline where type = 'ProtectionSet' and person_id = $1", told.person_id
    )
    await world.next_day()
    await told.says(intake.ProtectionCleared(**told.client, protection_id=cleared, author="m.weber"))
    benefit = await world.db.fetchval(
        "select data ->> 'benefit_id' from timeline where type = 'BenefitStarted' and person_id = $1", told.person_id
    )
    monthly = Money(minor=48_000, currency=Currency.DEM)
    await told.says(
        intake.BenefitChanged(**told.client, benefit_id=benefit, monthly=monthly),
        intake.BenefitEnded(**told.client, benefit_id=benefit, reason=BenefitEndReason.OTHER_INCOME),
    )
    await world.next_day()
    await told.says(
        intake.BenefitStarted(**told.client, benefit_id=str(uuid.uuid4()), kind=BenefitKind.HLU, monthly=monthly),
        intake.ClientCorrected(**told.client, birth_month="1971-01"),
        intake.DisclosureBasisRevoked(**told.client, basis_id=basis),
    )
    await told.orders(f"/cases/{told.case_id}/close", {"reason": "integrated"})
    await told.orders(f"/cases/{told.case_id}/reopen", {"reason": "closed_in_error"})


async def _is_two_records(told: Story) -> None:
    """Is taken for somebody else, whose case gives way, and is not; leaves the city at last."""
    world = told.world
    await world.next_day()
    told.twin_id = await world.able_client(office="groepelingen-walle")
    merge = {"merge_id": str(uuid.uuid4()), "survivor_id": told.person_id, "loser_id": told.twin_id}
    both = (told.person_id, told.twin_id)
    await told.says(
        intake.PossibleDuplicateFound(**told.client, other_id=told.twin_id, similarity=90),
        *(intake.ClientsMerged(person_id=one, occurred_on=world.on, **merge) for one in both),
    )
    await world.next_day()
    await told.says(
        *(intake.ClientsUnmerged(person_id=one, occurred_on=world.on, **merge) for one in both),
        intake.PossibleDuplicateDismissed(**told.client, other_id=told.twin_id, author="m.weber"),
    )
    await world.next_day()
    await told.says(intake.ClientDeparted(**told.client, reason=DepartureReason.LEFT_CITY))


def _drafted(told: Story, referral: str, agency: str = "arbeitsamt") -> Event:
    profile = Profile(
        qualification=Qualification.VOCATIONAL,
        languages=("de",),
        hours_per_week=38,
        mobility=Mobility.CITY,
        work_permit=True,
        earliest_start=told.world.on,
    )
    about: dict[str, Any] = {"case_id": told.case_id, "service": ServiceKind.JOB_PLACEMENT, "intake_sequence": 1}
    return referrals.ReferralDrafted(**told.of(referral, agency), **about, profile=profile)


def _offered(told: Story, referral: str, agency: str = "arbeitsamt") -> tuple[Event, ...]:
    sent: dict[str, Any] = {"case_id": told.case_id, "service": ServiceKind.JOB_PLACEMENT}
    answer_by = told.world.on + 14 * DAY
    requested = referrals.ReferralRequested(**told.of(referral, agency), **sent, answer_by=answer_by)
    return _drafted(told, referral, agency), requested


def _placed(told: Story, referral: str, job: str, message: str, **fields: Any) -> Event:
    about: dict[str, Any] = {"placement_id": job, "message_id": message, "kind": PlacementKind.REGULAR_JOB}
    return referrals.PlacementReported(
        **told.of(referral), **about, employer_id="12345678", hours_per_week=38, **fields
    )


def _rejected(told: Story, referral: str, message: str, code: RejectionCode) -> Event:
    kind = "lotse.partners.in.PlacementResultReported.v1"
    return referrals.PartnerMessageRejected(
        **told.of(referral), message_id=message, message_type=kind, code=code, state="requested"
    )
