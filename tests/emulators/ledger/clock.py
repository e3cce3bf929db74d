"""The clock of Ledger: the computer's, moved as a test likes."""

from datetime import UTC, datetime, timedelta


class Clock:
    """Tells the time in whole steps of `step`; two changes within one step have the same time."""

    def __init__(self, step: timedelta = timedelta(microseconds=1)) -> None:
        self.step = step
        self._offset = timedelta()

    def now(self) -> datetime:
        """Return the time in UTC."""
        return self.floor(datetime.now(UTC) + self._offset)

    def move(self, seconds: float) -> None:
        """Put the clock forward, or back."""
        self._offset += timedelta(seconds=seconds)

    def floor(self, time: datetime) -> datetime:
        """Return the last whole step before a time."""
        midnight = time.replace(hour=0, minute=0, second=0, microsecond=0)
        return midnight + (time - midnight) // self.step * self.step


def text_of(time: datetime) -> str:
    """Return a time as text that sorts like times do."""
    return time.astimezone(UTC).isoformat(timespec="microseconds")
