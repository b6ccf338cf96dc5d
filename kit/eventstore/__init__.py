"""Streams of facts in PostgreSQL: decided, appended, numbered without holes."""
