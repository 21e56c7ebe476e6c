"""What `lotse trace` says when retention has taken the beginning of an agency's topic, on the run's real broker."""

import uuid

from aiokafka import AIOKafkaProducer
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from contracts.topics import Layout, partner_in, partner_out
from lotse.check.reading import Log
from lotse.trace import forgotten


async def test_a_topic_whose_beginning_is_gone_is_named(broker: str) -> None:
    name = f"agency-{uuid.uuid4().hex[:8]}"
    said, told = partner_in(name).name, partner_out(name).name
    admin = AdminClient({"bootstrap.servers": broker})
    for future in admin.create_topics(
        [NewTopic(t, num_partitions=1, replication_factor=1) for t in (said, told)]
    ).values():
        future.result(timeout=20)
    async with AIOKafkaProducer(bootstrap_servers=broker) as producer, Log(broker, Layout(partner=1)) as log:
        for topic in (said, told):
            await producer.send_and_wait(topic, b"{}", key=b"somebody")
        assert await forgotten(log, [name]) == []
        for deleted in admin.delete_records([TopicPartition(said, 0, 1)]).values():
            deleted.result(timeout=20)
        assert await forgotten(log, [name]) == [said]
