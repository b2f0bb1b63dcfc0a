"""What is true of a target after an interruption: until its last step nothing happened to it."""

from dataops_infra.masking.progress import QUIET, Progress


class Change:
    """Passes on how far a run is, and knows whether its target may be another one by now."""

    def __init__(self, step: str, before: str, by_then: str) -> None:
        """:param step: what the step is called, or begins with, in which the target changes.

        :param before: what is true until then.
        """
        self.followed: Progress = QUIET
        self._step, self._before, self._by_then, self._is_begun = step, before, by_then, False

    def begin(self, step: str, rows: int | None) -> None:
        """As of the progress that is followed."""
        self._is_begun |= step.startswith(self._step)
        self.followed.begin(step, rows)

    def advance(self, rows: int) -> None:
        """As of the progress that is followed."""
        self.followed.advance(rows)

    def told(self) -> str:
        """What is true of the target now."""
        return self._by_then if self._is_begun else self._before
