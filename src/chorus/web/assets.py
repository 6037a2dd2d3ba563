"""The files of the page, answered from memory with an ETag, so that a browser asks but seldom transfers.

    assets = Assets(STATIC)
    answer = assets.answer("GET", "/", headers)      # None when there is no such file

The index names scripts and styles under a folder that stands for the contents of all files, `/v-<digest>/js/app.js`:
a browser keeps them for a year and asks for none of them again. At every other address (the index itself, a folder of
another release, which a page gets while a reload of the cluster lasts) the same files are `no-cache`: kept and
revalidated, which costs a 304. Only files found under the root at the start are known (nothing of a request ever
becomes a path on the disk); with `watch`, for whoever works on the page, it is read again when it changed and the index
is asked for.
"""

import gzip
import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path

import msgspec

STATIC = Path(__file__).parent / "static"

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' data: blob:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
"""Only our own files run and only our own server is spoken to; nobody frames the page."""

_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".txt": "text/plain; charset=utf-8",
}
"""Files of other types are not served."""

_COMPRESSED = {".html", ".css", ".js", ".json", ".webmanifest", ".svg", ".txt"}

_INDEX = "index.html"
_BEGINNING = {"/", f"/{_INDEX}"}
"""What a page begins with: then it is time to look for changes, and not again for each of its files."""

_VERSIONED = re.compile(r"/(v-[0-9a-f]{12})(/.+)", re.ASCII)
_LINK = re.compile(rb'(?<==")/(?:js|css)/')
_FOR_GOOD = "public, max-age=31536000, immutable"


class Answer(msgspec.Struct, frozen=True):
    """An HTTP response, complete."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes = b""


class _Asset:
    """One file. It is compressed when it is first asked for: to do that for all takes longer than to read them."""

    def __init__(self, name: str, plain: bytes) -> None:
        kind = _kind(name)
        self.plain = plain
        self.content_type = _TYPES[kind]
        self._compressed = kind in _COMPRESSED

    @cached_property
    def etag(self) -> str:
        return hashlib.sha256(self.plain).hexdigest()[:24]

    @cached_property
    def zipped(self) -> bytes | None:
        """None where that would not make it smaller."""
        zipped = gzip.compress(self.plain, mtime=0) if self._compressed else self.plain
        return zipped if len(zipped) < len(self.plain) else None


class Assets:
    """The page's files by their path in the address."""

    def __init__(self, root: Path = STATIC, *, watch: bool = False) -> None:
        """Read every file under `root`; `watch` reads again when one changed and a page begins."""
        self._root = root
        self._watch = watch
        self._seen = _fingerprint(root) if watch else None
        self._version, self._assets = _read(root)

    def answer(self, method: str, path: str, headers: Mapping[str, str]) -> Answer | None:
        """Answer a request (header names in lower case); None when `path` is no file of the page."""
        version, path = _versioned(path)
        if self._watch and path in _BEGINNING and (seen := _fingerprint(self._root)) != self._seen:
            self._seen, (self._version, self._assets) = seen, _read(self._root)
        asset = self._assets.get(path)
        if asset is None:
            return None
        if method not in {"GET", "HEAD"}:
            return Answer(405, [(b"allow", b"GET, HEAD"), (b"content-length", b"0")])
        return _answer(asset, headers, caching=_FOR_GOOD if version == self._version else "no-cache")


def _versioned(path: str) -> tuple[str, str]:
    """The version that the address names, or none, and the file's own path."""
    found = _VERSIONED.fullmatch(path)
    return ("", path) if found is None else (found[1], found[2])


def _answer(asset: _Asset, headers: Mapping[str, str], *, caching: str) -> Answer:
    zipped = asset.zipped if _accepts_gzip(headers.get("accept-encoding", "")) else None
    body = asset.plain if zipped is None else zipped
    etag = f'"{asset.etag}"' if zipped is None else f'"{asset.etag}-gzip"'
    fields = {"etag": etag, "cache-control": caching, "content-security-policy": CONTENT_SECURITY_POLICY}
    if asset.zipped is not None:
        fields["vary"] = "Accept-Encoding"
    if _matches(headers.get("if-none-match", ""), etag):
        return Answer(304, _encoded(fields))
    if zipped is not None:
        fields["content-encoding"] = "gzip"
    fields |= {"content-type": asset.content_type, "content-length": str(len(body))}
    return Answer(200, _encoded(fields), body)


def _accepts_gzip(accept_encoding: str) -> bool:
    for choice in accept_encoding.split(","):
        name, _, weight = choice.replace(" ", "").partition(";")
        if name in {"gzip", "*"}:
            return weight not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
    return False


def _matches(if_none_match: str, etag: str) -> bool:
    """RFC 9110, 13.1.2: weak comparison against a list, or `*`."""
    tags = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return etag in tags or tags == ["*"]


def _encoded(fields: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.encode("ascii"), value.encode("ascii")) for name, value in fields.items()]


def _read(root: Path) -> tuple[str, dict[str, _Asset]]:
    """The version of all files together, and each of them by its path."""
    contents = {
        Path(path).relative_to(root).as_posix(): Path(path).read_bytes()
        for path in sorted(_files(root))
        if _kind(path) in _TYPES
    }
    digest = hashlib.sha256()
    for name, content in contents.items():
        digest.update(f"{name} {len(content)}\n".encode() + content)
    version = f"v-{digest.hexdigest()[:12]}"
    if _INDEX in contents:
        contents[_INDEX] = _LINK.sub(lambda link: b"/" + version.encode() + link[0], contents[_INDEX])
    assets = {f"/{name}": _Asset(name, content) for name, content in contents.items()}
    if f"/{_INDEX}" in assets:
        assets["/"] = assets[f"/{_INDEX}"]
    return version, assets


def _fingerprint(root: Path) -> frozenset[tuple[str, int, int]]:
    found = ((path, os.stat(path)) for path in _files(root))
    return frozenset((path, each.st_mtime_ns, each.st_size) for path, each in found)


def _files(root: Path) -> Iterator[str]:
    for folder, _, names in os.walk(root):
        yield from filter(os.path.isfile, (os.path.join(folder, name) for name in names))


def _kind(name: str) -> str:
    return os.path.splitext(name)[1]
