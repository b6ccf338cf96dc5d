"""A seller's day with orders, over HTTP: every step of it shown as it happens."""
