"""The command `lotse`."""


def main() -> None:
    """Run the command."""
