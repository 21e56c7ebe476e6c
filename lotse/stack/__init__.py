"""Real PostgreSQL and real Apache Kafka from wheels and jars, and the processes of the city on top of them."""
