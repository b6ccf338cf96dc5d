"""Facts of other services in: once each, in order, in batches."""
