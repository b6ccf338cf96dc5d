"""What our parts cost beside others, measured side by side in one run."""
