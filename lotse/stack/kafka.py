"""The official Apache Kafka broker in KRaft mode, one node, from jars on the Java runtime of a wheel."""

import asyncio
import signal
from pathlib import Path
from typing import Final

from lotse.refusal import Refusal
from lotse.settings import HOST, Settings
from lotse.stack import java
from lotse.stack.home import Home
from lotse.stack.part import Part

NAME: Final = "kafka"
MAX_MESSAGE_BYTES: Final = 2 * 1024 * 1024 + 256 * 1024
"""A dead letter holds up to 2 MiB and its headers."""

PROPERTIES: Final = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{host}:{controller_port}
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller_port}
advertised.listeners=PLAINTEXT://{host}:{port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs={data}
# A topic exists because it was provisioned, never because somebody mistyped its name.
auto.create.topics.enable=false
message.max.bytes={max_bytes}
replica.fetch.max.bytes={max_bytes}
offsets.topic.replication.factor=1
offsets.topic.num.partitions=3
offsets.retention.minutes=525600
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=1
# After kill -9 the controller waits this long before it lets the same broker in again.
broker.session.timeout.ms=1500
broker.heartbeat.interval.ms=500
group.initial.rebalance.delay.ms=0
# A member may ask to be missed sooner than after the usual 6 s.
group.min.session.timeout.ms=1000
num.recovery.threads.per.data.dir=4
log.cleaner.dedupe.buffer.size=16777216
"""


class KafkaRefused(Refusal):
    exit_code = 6


def broker(settings: Settings, home: Home, *, cluster_id: str, after: tuple[str, ...] = ()) -> Part:
    """The broker as a part. Its jars must be in the cache."""
    classes = java.kept_classes(settings.cache)

    async def format_once() -> None:
        properties = write_properties(settings, home)
        if (home.kafka / "data" / "meta.properties").exists():
            return
        if failure := await java.format_storage(settings.cache, properties, cluster_id=cluster_id):
            raise KafkaRefused(
                f"Kafka's storage in {home.kafka} could not be formatted: {failure}",
                remedy="`lotse doctor` checks the usual causes: space, Java, the jars.",
            )

    return Part(
        name=NAME,
        command=java.broker(settings.cache, home.kafka / "server.properties", f"-XX:AOTCache={classes}"),
        probe=lambda: answers(settings.kafka_address),
        before=format_once,
        after=after,
        stop_signal=signal.SIGTERM,
        grace=7.0,
        patience=90.0,
        stops_last=True,
    )


async def answers(address: str) -> bool:
    """Whether the broker describes its cluster and counts itself in. False costs little: the port is tried first."""
    host, port = address.rsplit(":", 1)
    _, writer = await asyncio.open_connection(host, int(port))
    writer.close()
    return await asyncio.to_thread(_describes_cluster, address)


def _describes_cluster(address: str) -> bool:
    from confluent_kafka import KafkaException
    from confluent_kafka.admin import AdminClient

    client = AdminClient({"bootstrap.servers": address, "log_level": 0, "reconnect.backoff.ms": 20})
    try:
        return bool(client.list_topics(timeout=2.0).brokers)
    except KafkaException:
        return False


def write_properties(settings: Settings, home: Home) -> Path:
    path = home.kafka / "server.properties"
    path.parent.mkdir(exist_ok=True)
    text = PROPERTIES.format(
        host=HOST,
        port=settings.kafka_port,
        controller_port=settings.kafka_controller_port,
        data=home.kafka / "data",
        max_bytes=MAX_MESSAGE_BYTES,
    )
    path.write_text(text)
    return path
