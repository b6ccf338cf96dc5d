"""History from files: rows become commands, sent in bulk through the services' own API."""
