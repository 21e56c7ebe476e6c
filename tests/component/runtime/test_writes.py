"""What a transaction writes to several tables is one statement; of rows with one key the last wins."""

import asyncpg

from services.runtime.database import Writes
from services.runtime.tables import Alias, Ledger, Reference
from tests.component.runtime import toy
from tests.conftest import NewDatabase


async def test_rows_of_several_tables_and_a_deletion_are_sent_together(new_database: NewDatabase) -> None:
    database = await new_database()
    await toy.create_tables(database)
    db = await asyncpg.connect(database)
    sent: list[str] = []
    try:
        await db.execute("insert into alias (subject, canonical) values ('old', 'older')")
        db.add_query_logger(lambda query: sent.append(query.query))
        writes = Writes()
        writes.upsert(Ledger, [("topic", "b", 1), ("topic", "a", 1), ("topic", "b", 2)])
        writes.models([toy.Moved(event_id="1", subject="a", office="vahr")])
        writes.execute("delete from alias where subject = any($1)", ["old"])
        writes.upsert(Reference, [("case", "a")])
        writes.upsert(Alias, [("new", "newer")])
        writes.upsert(Ledger, [("topic", "a", 3)])
        await writes.send(db)
        assert {tuple(row) for row in await db.fetch("select subject, last from ledger")} == {("a", 3), ("b", 2)}
        assert [tuple(row) for row in await db.fetch("select subject, office from toy_moved")] == [("a", "vahr")]
        assert [tuple(row) for row in await db.fetch("select subject, canonical from alias")] == [("new", "newer")]
        assert await db.fetchval("select subject from reference where name = 'case'") == "a"
        assert len([query for query in sent if "insert into ledger" in query]) == 1  # asyncpg tells it a turn later
    finally:
        await db.close()


async def test_nothing_to_write_is_not_sent(new_database: NewDatabase) -> None:
    db = await asyncpg.connect(await new_database())
    try:
        writes = Writes()
        writes.upsert(Ledger, [])
        await writes.send(db)
    finally:
        await db.close()
