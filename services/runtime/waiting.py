"""The queue of a parked subject: its records as they came, in order of arrival."""

from typing import Final

import asyncpg

from services.runtime.inbound import Record
from services.runtime.outgoing import unpack

QUEUE: Final = """select id, subject, topic, partition, "offset", key, headers, value, attempts, reason, first_failed_at
from parked_record where subject = any($1) order by id"""


def queued(row: asyncpg.Record) -> Record:
    headers = unpack(row["headers"])
    return Record(row["topic"], row["partition"], row["offset"], row["key"], headers, row["value"], row["id"])
