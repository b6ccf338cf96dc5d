"""Billing: what sellers owe the marketplace, and why."""
