"""The table of contents: what happens on each command.

Intake consumes only the calendar; by time alone nobody changes but whoever grows up (preparation/ages.py).
"""

from collections.abc import Mapping, Sequence
from typing import Any, assert_never

from sqlmodel import SQLModel

from contracts.events.intake import IdentityRecorded
from services.intake import store
from services.intake.domain import aid, belonging, erasing, household, merging, registration, standing
from services.intake.domain import commands as told
from services.intake.domain.client import Client
from services.intake.domain.fold import fold
from services.runtime.decision import Addressed, Clients, Context, Message, Publication
from services.runtime.service import Outcome


def evolve(client: Client, message: Message) -> Client:
    return fold(client, message.event)


def decide(clients: Clients[Client], command: told.Command, context: Context) -> Outcome:
    match command:
        case told.Register():
            person_id, status, events = registration.register(clients, command, context)
            return _outcome(events, {"person_id": person_id, "status": status})
        case told.Move():
            return _outcome(belonging.move(clients, command, context))
        case told.Correct():
            return _outcome(belonging.correct(clients, command, context))
        case told.Transfer():
            return _outcome(belonging.transfer(clients, command, context))
        case told.JoinHousehold():
            return _outcome(household.join(clients, command, context))
        case told.AssignDepartments():
            return _outcome(belonging.assign_departments(clients, command, context))
        case told.Depart():
            return _outcome(belonging.depart(clients, command, context))
        case told.Erase():
            erased = erasing.erase(clients, command, context)
            return _outcome(erased, rows=store.erasure_rows(erased, command))
        case told.AssessAbility():
            assessed, departments = standing.assess(clients, command, context)
            return _outcome([assessed, *departments], rows=[store.assessment_row(assessed, command)])
        case told.Retriage():
            return _outcome(standing.grow_older(clients, command, context))
        case told.SetProtection():
            protection = standing.set_protection(clients, command, context)
            return _outcome([protection], {"protection_id": protection.protection_id})
        case told.ClearProtection():
            return _outcome(standing.clear_protection(clients, command, context))
        case told.RecordBasis():
            basis = standing.record_basis(clients, command, context)
            return _outcome([basis], {"basis_id": basis.basis_id})
        case told.RevokeBasis():
            return _outcome(standing.revoke_basis(clients, command, context))
        case told.StartBenefit():
            benefit = aid.start(clients, command, context)
            return _outcome([benefit], {"benefit_id": benefit.benefit_id})
        case told.ChangeBenefit():
            return _outcome(aid.change(clients, command, context))
        case told.EndBenefit():
            return _outcome(aid.end(clients, command, context))
        case told.EndBenefits():
            return _outcome(aid.end_all(clients, command, context))
        case told.PayHousehold():
            return _outcome(aid.pay(command, context))
        case told.ReversePayment():
            return _outcome([aid.reverse(command, context)])
        case told.MergeClients():
            merge_id, merged = merging.merge(clients, command, context)
            return _outcome(merged, {"merge_id": merge_id})
        case told.DismissDuplicate():
            return _outcome(merging.dismiss(clients, command, context))
        case told.UndoMerge():
            return _outcome(merging.undo(clients, command, context))
        case _:
            assert_never(command)


def _outcome(
    events: Sequence[Publication], result: Mapping[str, Any] | None = None, *, rows: Sequence[SQLModel] = ()
) -> Outcome:
    """Identities go to their compacted topic, and stay here in a table that no event of ours can rebuild."""
    identities = [
        store.identity_row(one.event)
        for one in events
        if isinstance(one, Addressed) and isinstance(one.event, IdentityRecorded)
    ]
    return Outcome(events=events, result=result or {}, rows=[*identities, *rows])
