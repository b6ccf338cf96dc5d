"""The `market` command: the whole platform on one machine, and questions put to it."""
