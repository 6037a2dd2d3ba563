"""From CHORUS_FILES_URL to the place it names."""

from importlib import import_module
from urllib.parse import unquote, urlsplit

from chorus.chat.domain.errors import Invalid
from chorus.chat.files.contract import Blobs
from chorus.chat.files.folder import FolderBlobs


def open_blobs(url: str) -> Blobs:
    """The place of a URL, file:///folder or s3://bucket/prefix; nothing is connected or made yet.

    Raises:
        Invalid: it is neither, or S3 is asked for and `chorus[s3]` is not installed.
    """
    parts = urlsplit(url)
    if parts.scheme == "file" and not parts.netloc and len(parts.path) > 1:
        return FolderBlobs(unquote(parts.path))
    if parts.scheme == "s3" and parts.netloc:
        try:
            s3 = import_module("chorus.chat.files.s3")  # its client is an extra that most servers do without
        except ModuleNotFoundError as error:
            raise Invalid(f"CHORUS_FILES_URL: s3:// needs the extra chorus[s3]: {error}") from error
        return s3.S3Blobs(url)
    raise Invalid(f"CHORUS_FILES_URL: found scheme {parts.scheme!r}, expected file:///folder or s3://bucket/prefix")
