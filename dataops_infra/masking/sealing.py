"""What every object that holds a key shares: it can be neither printed nor pickled."""

from typing import NoReturn


class Sealed:
    """Holds key bytes in slots; ``repr`` tells only what :meth:`_shown` returns, pickling and copying are refused."""

    __slots__ = ()

    def _shown(self) -> str:
        """What may be seen of it."""
        return ""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._shown()})"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError(f"a {type(self).__name__} is never pickled: hand over where the key is kept, not the key")
