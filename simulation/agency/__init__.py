"""A partner agency as a separate process: it knows nothing but the contracts and Kafka."""
