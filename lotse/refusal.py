"""What lotse tells people when it cannot go on."""


class Refusal(Exception):
    """Something that lotse refuses to do or cannot do: what happened, to what, and what to do now.

    The command line prints it without a traceback and ends with `exit_code`.
    """

    exit_code = 1

    def __init__(self, what: str, *, remedy: str) -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.what}\n  {self.remedy}"
