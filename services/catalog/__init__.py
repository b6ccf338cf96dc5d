"""Catalog: what sellers list, and the stock behind it."""
