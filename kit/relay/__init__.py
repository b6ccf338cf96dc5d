"""From the service's history to its topic: numbered, in order, completely and once."""
