from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from enum import Enum

from confluent_kafka import TopicCollection, TopicPartition

class ResourceType(Enum):
    TOPIC = 2

class AlterConfigOpType(Enum):
    SET = 0

class ConfigEntry:
    name: str
    value: str | None
    def __init__(self, name: str, value: str, *, incremental_operation: AlterConfigOpType | None = None) -> None: ...

class ConfigResource:
    name: str
    def __init__(
        self, restype: ResourceType, name: str, *, incremental_configs: Sequence[ConfigEntry] | None = None
    ) -> None: ...

class NewTopic:
    def __init__(
        self, topic: str, *, num_partitions: int, replication_factor: int, config: Mapping[str, str] | None = None
    ) -> None: ...

class PartitionMetadata:
    id: int
    leader: int

class TopicMetadata:
    topic: str
    partitions: Mapping[int, PartitionMetadata]

class ClusterMetadata:
    brokers: Mapping[int, object]
    topics: Mapping[str, TopicMetadata]

class Uuid: ...

class TopicDescription:
    name: str
    topic_id: Uuid

class AdminClient:
    def __init__(self, conf: Mapping[str, str | int | float | bool]) -> None: ...
    def list_topics(self, topic: str | None = None, timeout: float = -1) -> ClusterMetadata: ...
    def create_topics(
        self, new_topics: Sequence[NewTopic], *, operation_timeout: float = 0, request_timeout: float = 60
    ) -> dict[str, Future[None]]: ...
    def delete_topics(
        self, topics: Sequence[str], *, operation_timeout: float = 0, request_timeout: float = 60
    ) -> dict[str, Future[None]]: ...
    def delete_records(
        self, topic_partition_offsets: Sequence[TopicPartition], *, request_timeout: float = 60
    ) -> dict[TopicPartition, Future[object]]: ...
    def describe_configs(
        self, resources: Sequence[ConfigResource], *, request_timeout: float = 60
    ) -> dict[ConfigResource, Future[dict[str, ConfigEntry]]]: ...
    def incremental_alter_configs(
        self, resources: Sequence[ConfigResource], *, request_timeout: float = 60
    ) -> dict[ConfigResource, Future[None]]: ...
    def describe_topics(
        self, topics: TopicCollection, *, request_timeout: float = 60
    ) -> dict[str, Future[TopicDescription]]: ...
