"""A request whose body is read as JSON, and is its sender's mistake whenever it is none.

    Litestar(…, request_class=JsonRequest)

The framework expects the parser to raise errors of the parser's own. Of bytes that are no UTF-8 and of brackets nested
by the thousand it raises Python's, which would count as faults of ours, each with a traceback in the log.
"""

from typing import Any

from litestar import Request
from litestar.exceptions import SerializationException

from chorus.chat.domain.errors import Invalid


class JsonRequest(Request[Any, Any, Any]):
    """The framework's, but for `json`."""

    async def json(self) -> Any:
        """Return what the body says.

        Raises:
            Invalid: it is no JSON, or nested deeper than is read.
        """
        try:
            return await super().json()
        except (SerializationException, UnicodeDecodeError) as error:
            raise Invalid(f"body: expected JSON: {error}") from None
        except RecursionError:
            raise Invalid("body: nested deeper than is read") from None
