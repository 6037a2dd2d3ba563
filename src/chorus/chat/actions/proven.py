"""Secrets that were found right lately."""


class Proven:
    """Digests of bots' tokens. Whether one is good still is asked of the store; one that is here is nobody's guess."""

    def __init__(self, *, most: int = 10_000) -> None:
        """Args: most: digests that are remembered; beyond, those that were found right longest ago are forgotten."""
        self._most = most
        self._digests: dict[bytes, None] = {}

    def __contains__(self, digest: bytes) -> bool:
        return digest in self._digests

    def add(self, digest: bytes) -> None:
        """It was found right."""
        self._digests[digest] = None
        if len(self._digests) > self._most:
            del self._digests[next(iter(self._digests))]

    def forget(self, digest: bytes) -> None:
        """It is not right any more."""
        self._digests.pop(digest, None)
