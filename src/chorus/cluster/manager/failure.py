"""Why something that was asked of the manager was not done."""

from collections.abc import Iterable

from chorus.cluster.messages import FailureCode


class OperationFailed(Exception):
    """An operation that did not succeed; becomes the answer `Failed`."""

    def __init__(self, code: FailureCode, message: str, detail: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.code: FailureCode = code
        self.message = message
        self.detail = list(detail)
