"""Nothing is started on a busy port: the owner is named if the system tells, and the setting that moves us."""

import errno
import socket
from contextlib import ExitStack

from lotse.refusal import Refusal
from lotse.settings import HOST, Settings, setting_of

PARTS = ("postgres", "kafka", "kafka_controller", "intake", "casework", "referrals", "reporting", "calendar")


class PortBusy(Refusal):
    exit_code = 4

    def __init__(self, part: str, port: int) -> None:
        super().__init__(
            f"Port {port}, wanted for {part}, is taken{owner_of(port)}.",
            remedy=f"End that process, or choose another port: {setting_of(part)}=<port>",
        )


def is_free(port: int) -> bool:
    """Whether we could listen there now. A port in TIME_WAIT counts as free, as it does for the servers."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
            probe.listen(1)
        except OSError as error:
            if error.errno in {errno.EADDRINUSE, errno.EACCES}:
                return False
            raise
    return True


def owner_of(port: int) -> str:
    """ " by <name>, process <pid>" of a listener, or "" where the system does not tell."""
    import psutil

    try:
        for connection in psutil.net_connections("tcp"):
            local = connection.laddr
            if connection.status == psutil.CONN_LISTEN and connection.pid and local and local.port == port:
                return f" by {psutil.Process(connection.pid).name()}, process {connection.pid}"
    except (psutil.Error, OSError):
        pass
    return ""


def require_free(settings: Settings, parts: tuple[str, ...] = PARTS) -> None:
    """Raise `PortBusy` for the first port that is taken."""
    for part in parts:
        if not is_free(settings.port(part)):
            raise PortBusy(part, settings.port(part))


def free_ports(count: int) -> list[int]:
    """Distinct ports that were free a moment ago."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for probe in sockets:
            probe.bind((HOST, 0))
        return [int(probe.getsockname()[1]) for probe in sockets]


def on_free_ports(settings: Settings) -> Settings:
    """The same settings with every port moved to a free one."""
    moved = {f"{part}_port": port for part, port in zip(PARTS, free_ports(len(PARTS)), strict=True)}
    return settings.model_copy(update=moved)
