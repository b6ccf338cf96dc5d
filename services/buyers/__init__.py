"""Buyers: who may order of a seller, who is whose customer, and what they write."""
