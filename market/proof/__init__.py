"""Proof on the running platform that nothing was lost, doubled or put out of order."""
