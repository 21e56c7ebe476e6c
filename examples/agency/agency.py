"""A partner agency in one file: it knows Kafka, JSON and the page "For an agency" of contracts/README.md, no more.

It takes on everybody who may work and finds each a job on the same day. AGENCY, KAFKA and TOPICS say who and where.
"""

import asyncio
import json
import os
import signal
import uuid
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord

AGENCY = os.environ.get("AGENCY", "arbeitsamt")
KAFKA = os.environ.get("KAFKA", "127.0.0.1:19092")
TOPICS = os.environ.get("TOPICS", f"partners.{AGENCY}")
CALENDAR = os.environ.get("CALENDAR", "calendar.day.v1")
STOP = {"withdrawn", "expired"}
Said = tuple[str, dict[str, Any]]


def answers(kind: str, heard: dict[str, Any]) -> list[Said]:
    """What we say to a message of the city, on its own business day."""
    match kind:
        case "ReferralOffered" if heard["profile"]["work_permit"]:
            return [("ReferralReceived", {}), ("ReferralAccepted", {})]
        case "ReferralOffered":
            return [("ReferralRejected", {"reason": "not_eligible", "declined_by": "partner"})]
        case "ContactReleased":
            job = {"kind": "regular_job", "employer_id": "29000017", "hours_per_week": 30}
            return [("ServiceStarted", {}), ("PlacementResultReported", job | {"start_date": heard["occurred_on"]})]
        case "StatusQueried" if heard.get("result_id"):
            return [("PlacementStatusReported", {"result_id": heard["result_id"], "insured": True})]
        case "EraseRequested":
            return [("EraseConfirmed", {})]
        case "MessageRejected":
            todo = "stop and erase" if heard["code"] in STOP else "see contracts/README.md"
            print(heard["key"], "rejected:", heard["code"], "-", todo, flush=True)
    return []


def record(kind: str, fields: dict[str, Any], heard: dict[str, Any]) -> dict[str, Any]:
    """Key, headers and value. The same message has the same `ce_id`, so that sending it again changes nothing."""
    value = {"referral_id": heard["referral_id"], "occurred_on": heard["occurred_on"], **fields}
    message_id = uuid.uuid5(uuid.NAMESPACE_URL, f"{AGENCY}/{kind}/{json.dumps(value, sort_keys=True)}")
    headers = {
        "ce_specversion": "1.0",
        "ce_id": str(message_id),
        "ce_source": f"agency/{AGENCY}",
        "ce_type": f"lotse.partners.in.{kind}.v1",
        "ce_subject": value["referral_id"],
        "ce_time": f"{value['occurred_on']}T00:00:00+01:00",
        "content-type": "application/json",
    }
    packed = [(name, text.encode()) for name, text in headers.items()]
    return {"key": value["referral_id"].encode(), "value": json.dumps(value).encode(), "headers": packed}


def replies(heard: ConsumerRecord) -> list[dict[str, Any]]:
    kind = (dict(heard.headers)["ce_type"] or b"").decode().split(".")[-2]
    content = json.loads(heard.value or b"{}")
    return [record(name, fields, content) for name, fields in answers(kind, content)]


async def main() -> None:
    """Read, say, and only then commit: after a crash we say the same again. SIGINT and SIGTERM end it."""
    consumer = AIOKafkaConsumer(
        f"{TOPICS}.out.v1",
        CALENDAR,
        bootstrap_servers=KAFKA,
        group_id=f"agency.{AGENCY}",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    producer = AIOKafkaProducer(bootstrap_servers=KAFKA, acks="all")
    stopping = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    async with consumer, producer:
        while not stopping.is_set():
            polled = await consumer.getmany(timeout_ms=500)
            for batch in polled.values():
                for heard in batch:
                    for reply in replies(heard):
                        await producer.send_and_wait(f"{TOPICS}.in.v1", **reply)
            if polled:
                await consumer.commit()


if __name__ == "__main__":
    asyncio.run(main())
