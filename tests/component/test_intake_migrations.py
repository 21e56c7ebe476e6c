"""An installation of the first version keeps its clients through every later migration."""

import uuid
from datetime import date

import asyncpg
from pydantic import TypeAdapter

from services.intake.domain.client import Client
from services.intake.domain.identity import Identity
from services.intake.domain.resemblance import keys
from services.runtime.migrations import migrate
from tests.conftest import NewDatabase

ANNA, HOME, PAID = (str(uuid.UUID(int=n)) for n in (1, 10, 20))
STATE = f"""{{"person_id": "{ANNA}", "registered_on": "2001-03-01", "sex": "female", "birth_month": "1965-04",
"residences": [{{"since": "2001-03-01", "office": "region-west", "district": "groepelingen"}}],
"memberships": [{{"since": "2001-03-01", "household_id": "{HOME}", "head": true}}],
"departments": ["economic_assistance"], "bases": [], "benefits": [], "departed_on": null, "departure": null,
"assessment": {{"assessed_on": "2001-04-02", "ability": "able", "qualification": "school", "languages": ["de"],
"hours_per_week": 30, "mobility": "city", "work_permit": true, "earliest_start": "2001-04-02", "author": "a.clerk"}},
"protections": [{{"protection_id": "{PAID}", "protection_class": "ill", "valid_from": "2001-03-01",
"valid_until": null, "cleared_on": null}}], "merges": [], "possible_duplicates": []}}"""


async def test_clients_of_the_first_version_are_kept(new_database: NewDatabase) -> None:
    address = await new_database()
    await migrate("intake", address, revision="0001")
    db = await asyncpg.connect(address)
    born, day = date(1965, 4, 30), date(2001, 3, 1)
    await db.execute("insert into state (subject, document) values ($1, $2)", ANNA, STATE)
    await db.execute("insert into client values ($1, 'region-west', 'groepelingen', $2, null)", ANNA, day)
    await db.execute("insert into identity_key values ('digest', 'likeness', $1)", ANNA)
    await db.execute(
        "insert into identity values ($1, 'Anna', 'Müller', $2, 'Am Wall', '1', '28195', null)", ANNA, born
    )
    await db.execute(
        "insert into payment (household_id, kind, month, payment_id, person_id, paid_on, minor, currency) "
        "values ($1, 'hlu', '2001-03', $2, $3, $4, 60000, 'DEM')",
        *(HOME, PAID, ANNA, day),
    )

    await migrate("intake", address)

    state = TypeAdapter(Client).validate_json(await db.fetchval("select document::text from state"))
    assert state.departments_since == day
    assert state.protections[0].set_by is None
    row = await db.fetchrow("select departments::text, departments_since from client")
    assert tuple(row or ()) == ('["economic_assistance"]', day)
    assessed = await db.fetchrow("select assessed_on, author, ability, wishes::text from assessment")
    assert tuple(assessed or ()) == (date(2001, 4, 2), "a.clerk", "able", "[]")
    identity = Identity(
        given_name="Anna", family_name="Müller", birth_date=born, street="Am Wall", house_number="1", postcode="28195"
    )
    assert {row[0] for row in await db.fetch("select key from identity_block")} == keys(identity)
    assert await db.fetchval("select payment_id from payment") == PAID
    await db.close()
