"""A database of the first version, with a year's states in it, is brought to what the topics give today."""

from datetime import date

from contracts.events import intake, referrals
from contracts.words import OfficeChangeReason
from services.runtime.migrations import migrate
from tests.component.casework_world import CaseworkWorld, casework_on
from tests.conftest import NewDatabase

_AS_IT_WAS = (
    """update state set document = jsonb_set(document, '{intake,offices}',
    (select jsonb_agg(one - 'reason') from jsonb_array_elements(document -> 'intake' -> 'offices') one))""",
    "alter table cases drop column review_on",
    "drop table suggestion",
    "update state set document = document #- '{casework,suggestions}'",
    "drop table client",
    "drop table absence",
    "alter table cases drop column instead_of",
    """update state set document = jsonb_set(document, '{casework,cases}', (select coalesce(
    jsonb_agg(one - 'instead_of'), '[]') from jsonb_array_elements(document -> 'casework' -> 'cases') one))""",
    """update timeline set data = data || '{"implied": false}' where type = 'ReferralAccepted'""",
    """update timeline set data = data || '{"follows": null}' where type = 'ReferralRequested'""",
    "drop table access",
    "update state set document = document - 'erased_on'",
    "update alembic_version set version_num = '0001'",
)


async def test_an_older_database_is_brought_to_what_a_replay_gives(broker: str, new_database: NewDatabase) -> None:
    async with casework_on(date(2001, 10, 2), broker, await new_database()) as world:
        case, referral_id = await world.referred()
        about = {"person_id": case["person_id"], "referral_id": referral_id, "agency": "arbeitsamt"}
        await world.tell(referrals.ReferralAccepted(**about, occurred_on=world.on, message_id="accepted"))
        for office, previous in (("groepelingen-walle", "vahr"), ("vahr", "groepelingen-walle")):
            move = intake.OfficeChanged(
                person_id=case["person_id"],
                occurred_on=world.on,
                office=office,
                previous_office=previous,
                district="vahr",
                reason=OfficeChangeReason.MOVE,
            )
            await world.tell(move)
            await world.next_day()
        await world.name(case["person_id"], "Müller-Łukasz")
        await world.able_client()
        await _goes_back(world)
        await migrate("casework", world.database)
        found = await world.replayed()
    assert found["identical"], found["tables"]


async def _goes_back(world: CaseworkWorld) -> None:
    world.replicas[-1].process.terminate()
    await world.replicas[-1].ended()
    for statement in _AS_IT_WAS:
        assert not (await world.db.execute(statement)).endswith(" 0")
