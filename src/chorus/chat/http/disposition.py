"""What a browser is to do with an answer that is a file (RFC 6266)."""

import re
from urllib.parse import quote


def disposition(name: str, *, shown: bool = False) -> str:
    """The value of `Content-Disposition`: show it, or save it under this name, whatever characters it has."""
    plain = re.sub(r"[^A-Za-z0-9._ -]", "_", name)
    way = "inline" if shown else "attachment"
    return f"{way}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
