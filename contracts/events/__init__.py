"""Every event, one module a topic family."""
