"""Which connections look at which accounts."""

from collections.abc import Collection

from chorus.realtime import Client


class Watchers:
    """Both ways; what a connection watches replaces what it watched before."""

    def __init__(self) -> None:
        self._of_account: dict[int, dict[Client, None]] = {}
        self._of_client: dict[Client, frozenset[int]] = {}

    def watch(self, client: Client, accounts: Collection[int]) -> None:
        """Have the connection watch exactly these."""
        before, now = self._of_client.pop(client, frozenset[int]()), frozenset(accounts)
        for account in before - now:
            watching = self._of_account[account]
            del watching[client]
            if not watching:
                del self._of_account[account]
        for account in now - before:
            self._of_account.setdefault(account, {})[client] = None
        if now:
            self._of_client[client] = now

    def by(self, client: Client) -> frozenset[int]:
        """The accounts that the connection watches."""
        return self._of_client.get(client, frozenset())

    def of(self, account: int) -> Collection[Client]:
        """The connections that watch it."""
        return tuple(self._of_account.get(account, ()))
