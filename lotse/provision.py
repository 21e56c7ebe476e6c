"""Topics as the registry wants them: made if missing, checked if there. Running it again changes nothing."""

import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from typing import Final

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewTopic,
    ResourceType,
    TopicMetadata,
)

from contracts.topics import Layout, Topic
from lotse.refusal import Refusal

TIMEOUT: Final = 20.0


class TopicMisfit(Refusal):
    """A topic that is there is not the one that the registry describes, and cannot be made so."""

    exit_code = 7


def admin(address: str) -> AdminClient:
    return AdminClient({"bootstrap.servers": address, "log_level": 0, "socket.connection.setup.timeout.ms": 5000})


def provision(address: str, topics: Sequence[Topic], layout: Layout) -> list[str]:
    """Make and correct topics; returns what was changed, in words. Raises `TopicMisfit` for other partitions."""
    client = admin(address)
    wanted = {topic.name: topic for topic in topics}
    there = {name: found for name, found in existing(client).items() if name in wanted}
    for name, found in there.items():
        _require_partitions(name, len(found.partitions), wanted[name].partitions(layout))
    changed = list(_create(client, [topic for name, topic in wanted.items() if name not in there], layout))
    changed += _correct(client, {name: wanted[name] for name in there})
    _await_leaders(client, wanted.keys() - there.keys())
    return changed


def existing(client: AdminClient) -> Mapping[str, TopicMetadata]:
    topics: Mapping[str, TopicMetadata] = client.list_topics(timeout=TIMEOUT).topics
    return topics


def differences(client: AdminClient, topics: Mapping[str, Topic]) -> dict[str, dict[str, tuple[str, str]]]:
    """By topic and setting: the value that the broker has, and the one that the registry wants."""
    if not topics:
        return {}
    resources = [ConfigResource(ResourceType.TOPIC, name) for name in topics]
    found = {
        resource.name: {key: str(entry.value) for key, entry in future.result().items()}
        for resource, future in client.describe_configs(resources, request_timeout=TIMEOUT).items()
    }
    return {
        name: wrong
        for name, topic in topics.items()
        if (wrong := {k: (found[name][k], v) for k, v in topic.config.items() if found[name][k] != v})
    }


def _require_partitions(name: str, found: int, wanted: int) -> None:
    if found != wanted:
        raise TopicMisfit(
            f"Topic {name} has {found} partitions; this installation has {wanted}.",
            remedy="It is fixed at the first start: it decides which records are in order. Use another LOTSE_HOME.",
        )


def _create(client: AdminClient, topics: Sequence[Topic], layout: Layout) -> Iterator[str]:
    if not topics:
        return
    new = [NewTopic(t.name, num_partitions=t.partitions(layout), replication_factor=1, config=t.config) for t in topics]
    for name, future in client.create_topics(new, operation_timeout=TIMEOUT, request_timeout=TIMEOUT).items():
        if _done(future):
            yield f"{name}: made"


def _done(future: "Future[None]") -> bool:
    """False if somebody else made the topic in the meantime."""
    try:
        future.result()
    except KafkaException as error:
        if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
            raise
        return False
    return True


def _correct(client: AdminClient, topics: Mapping[str, Topic]) -> Iterator[str]:
    wrong = differences(client, topics)
    if not wrong:
        return
    resources = [
        ConfigResource(
            ResourceType.TOPIC,
            name,
            incremental_configs=[
                ConfigEntry(key, wanted, incremental_operation=AlterConfigOpType.SET)
                for key, (_, wanted) in settings.items()
            ],
        )
        for name, settings in wrong.items()
    ]
    for future in client.incremental_alter_configs(resources, request_timeout=TIMEOUT).values():
        future.result()
    for name, settings in wrong.items():
        yield from (f"{name}: {key} was {found}, is {wanted}" for key, (found, wanted) in settings.items())


def _await_leaders(client: AdminClient, names: set[str]) -> None:
    until = time.monotonic() + TIMEOUT
    while True:
        found = existing(client)
        led = {n for n in names if n in found and all(p.leader >= 0 for p in found[n].partitions.values())}
        if led == names:
            return
        if time.monotonic() > until:
            raise TopicMisfit(
                f"Topics were made but no broker leads them after {TIMEOUT:.0f} s: {', '.join(sorted(names - led))}.",
                remedy="Look into the log of kafka; start again.",
            )
        time.sleep(0.05)
