"""What files may be called, and which a message may have: row 14."""

import pytest

from chorus.chat.domain.errors import Invalid, NotFound, TooLarge
from chorus.chat.domain.files import LONGEST_FILE_NAME, MOST_FILES, SHOWN, check_file_name, check_files


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "_.._etc_passwd"),
        ("C:\\temp\\a.txt", "C:_temp_a.txt"),
        ("\u202eexe.gpj", "exe.gpj"),
        ("a\u202db\u2066c\u2067.txt", "abc.txt"),
        (" a\x00b\r\nc\x1b.txt ", "abc.txt"),
        (".profile", "profile"),
        ("cafe\u0301.txt", "caf\u00e9.txt"),
        ("x" * 300 + ".tar", "x" * (LONGEST_FILE_NAME - 4) + ".tar"),
        ("x" * 300, "x" * LONGEST_FILE_NAME),
        ("x." + "y" * 300, "x." + "y" * (LONGEST_FILE_NAME - 2)),
        ("x" * LONGEST_FILE_NAME, "x" * LONGEST_FILE_NAME),
    ],
)
def test_row_14_a_name_has_no_folders_turns_no_reading_and_keeps_its_ending(given, kept):
    assert check_file_name(given) == kept


@pytest.mark.parametrize("name", ["", "  ", "...", "\r\n", "\u202e"])
def test_a_name_of_which_nothing_is_left_is_refused(name):
    with pytest.raises(Invalid, match="expected the name of a file"):
        check_file_name(name)


def test_row_14_nothing_that_can_hold_a_script_is_shown():
    assert {each.partition("/")[0] for each in SHOWN} == {"image", "audio", "video"}
    assert "image/svg+xml" not in SHOWN


def ids(count):
    return tuple(f"{number:032x}" for number in range(count))


def test_a_message_has_ten_files_and_no_more():
    assert check_files(ids(MOST_FILES)) == ids(MOST_FILES)
    with pytest.raises(TooLarge):
        check_files(ids(MOST_FILES + 1))


def test_a_file_named_twice_and_one_that_no_file_can_be_are_refused():
    with pytest.raises(Invalid, match="twice"):
        check_files(ids(1) * 2)
    for never in ("0" * 31, "0" * 33, "0" * 31 + "g", "../" + "0" * 29):
        with pytest.raises(NotFound):
            check_files((never,))
