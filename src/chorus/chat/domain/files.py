"""What people attach to messages. Pure."""

import unicodedata

import msgspec

from chorus.chat.domain.errors import Invalid, NotFound, TooLarge

MOST_FILES = 10
"""Of one message."""

LONGEST_FILE_NAME = 200
"""Characters."""

SHOWN = frozenset(
    {
        "image/png", "image/jpeg", "image/gif", "image/webp", "audio/mpeg", "audio/ogg", "audio/wav", "audio/flac",
        "video/mp4", "video/webm",
    }
)  # fmt: skip
"""Types that a browser may show in a page of ours. None of them can hold a script."""

_ID = frozenset("0123456789abcdef")
_RENAMED = str.maketrans({"/": "_", "\\": "_", "\u202e": None, "\u202d": None, "\u2066": None, "\u2067": None})
"""Folders have no place in a name, nor has what turns the direction of reading: exe.gpj is not jpg.exe."""


class File(msgspec.Struct, frozen=True, omit_defaults=True):
    """An attached file. Its content is at /api/v1/files/{id}."""

    id: str
    """Random; 128 bit."""

    name: str
    type: str
    """By its content, whatever the name says: a media type (RFC 6838)."""

    size: int
    """Bytes."""

    width: int = 0
    """Pixels, of a picture; 0: it is none, or none that can be shown."""

    height: int = 0
    preview: bool = False
    """There is a small picture of it, at /api/v1/files/{id}/preview."""


def check_file_name(name: str) -> str:
    """Return the name as it is kept: without folders and control characters, composed, with its ending when it is cut.

    Raises:
        Invalid: nothing is left.
    """
    name = unicodedata.normalize("NFC", name).translate(_RENAMED)
    name = "".join(each for each in name if unicodedata.category(each) not in ("Cc", "Cs")).strip().lstrip(".")
    if not name:
        raise Invalid("name: expected the name of a file")
    if len(name) > LONGEST_FILE_NAME:
        stem, dot, ending = name.rpartition(".")
        ending = dot + ending if stem and len(ending) < 20 else ""
        name = name[: LONGEST_FILE_NAME - len(ending)] + ending
    return name


def check_file_id(file_id: str) -> str:
    """Return the id.

    Raises:
        NotFound: no file ever has it.
    """
    if len(file_id) != 32 or not _ID.issuperset(file_id):
        raise NotFound("There is no such file")
    return file_id


def check_files(file_ids: tuple[str, ...]) -> tuple[str, ...]:
    """Return the ids of what a message is to have attached.

    Raises:
        TooLarge: more than ten.
        Invalid: one twice.
        NotFound: one that no file ever has.
    """
    if len(file_ids) > MOST_FILES:
        raise TooLarge(f"files: found {len(file_ids)}, expected at most {MOST_FILES}")
    if len(set(file_ids)) != len(file_ids):
        raise Invalid("files: found one of them twice")
    return tuple(check_file_id(each) for each in file_ids)
