"""The rules of billing: one file per noun, all pure."""
