"""The services: each decides and records its own facts, and knows no other service."""
