"""Apache Kafka and PostgreSQL themselves, run from their packages: no container engine."""
