"""Explanations for people, as plain lines: what is in them can be copied."""
