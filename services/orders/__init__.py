"""Orders: from a placed order to a delivered one."""
