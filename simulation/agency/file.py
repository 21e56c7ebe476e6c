"""What an agency knows of one referral: what the city told it, each with the business day on which the city did."""

from dataclasses import dataclass, field
from datetime import date

from contracts.event import Event
from contracts.events import partners
from contracts.events.partners import EraseRequested, ReferralOffered, ReferralWithdrawn, StatusQueried


@dataclass(slots=True)
class File:
    """Answers, reminders and contacts change nothing here: what an agency does must not depend on how much of its own
    mail the city had opened when the agency's process was killed and started again."""

    offer: ReferralOffered | None = None
    withdrawn_on: date | None = None
    queries: list[tuple[date, StatusQueried]] = field(default_factory=list)
    erase_on: date | None = None

    def note(self, event: Event, told_on: date) -> None:
        """`told_on`: the city's business day. A repeat changes nothing."""
        match event:
            case ReferralOffered():
                self.offer = self.offer or event
            case ReferralWithdrawn():
                self.withdrawn_on = self.withdrawn_on or told_on
            case StatusQueried():
                if (told_on, event) not in self.queries:
                    self.queries.append((told_on, event))
            case EraseRequested():
                self.erase_on = self.erase_on or told_on
            case _:
                pass


class Files:
    """An agency's files by referral."""

    def __init__(self) -> None:
        self._files: dict[str, File] = {}

    def note(self, event: Event, told_on: date) -> None:
        if not isinstance(event, partners.ToPartner):
            return
        self._files.setdefault(event.referral_id, File()).note(event, told_on)

    def offered(self) -> list[tuple[str, File, ReferralOffered]]:
        """Every referral with its offer, by id."""
        found = ((referral, self._files[referral]) for referral in sorted(self._files))
        return [(referral, file, file.offer) for referral, file in found if file.offer is not None]
