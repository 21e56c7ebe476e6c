"""One client's own file, printed for the client: everything that casework keeps on them (section 83 SGB X)."""
