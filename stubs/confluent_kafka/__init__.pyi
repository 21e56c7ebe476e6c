# The part of confluent-kafka that Lotse uses: its own annotations do not export what `admin` offers.
class KafkaError:
    TOPIC_ALREADY_EXISTS: int
    def code(self) -> int: ...

class KafkaException(Exception):
    args: tuple[KafkaError]

class TopicCollection:
    def __init__(self, topic_names: list[str]) -> None: ...

class TopicPartition:
    def __init__(self, topic: str, partition: int = -1, offset: int = -1001) -> None: ...
