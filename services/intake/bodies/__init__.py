"""What clients of the API send: closed bodies that become commands. An `on` that is left out is today."""
