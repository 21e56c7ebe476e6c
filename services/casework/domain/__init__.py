"""The case manager's year with a client: frozen states, total folds and pure decisions."""
