"""Lines on standard error within a minute, counted in the files that the keeper writes."""

import msgspec
import pytest

from chorus.cluster.manager import error_lines
from chorus.cluster.manager.error_lines import ErrorLines
from chorus.cluster.spec import ApplicationSpec


@pytest.fixture
def spec(tmp_path):
    return ApplicationSpec(name="web", script="web.py", cwd=str(tmp_path), error_file="err.log")


def add(spec: ApplicationSpec, *lines: str) -> None:
    with open(spec.resolve(spec.error_file), "a") as file:
        file.writelines(f"{line}\n" for line in lines)


def test_what_is_added_counts_for_a_minute(spec):
    add(spec, "before anybody looked")
    counting = ErrorLines(0.0)
    counting.look([(spec, [0])], 0.0)
    seen = [counting.of("web")]
    add(spec, "one", "two")
    for now in (1.0, 30.0, 60.9, 61.0):
        counting.look([(spec, [0])], now)
        seen.append(counting.of("web"))

    assert seen == [0, 2, 2, 2, 0]


def test_a_file_that_applications_share_is_counted_by_its_stamps(spec):
    other = msgspec.structs.replace(spec, name="job")
    counting = ErrorLines(0.0)
    add(spec)
    counting.look([(spec, [0]), (other, [0])], 0.0)
    stamp = "2026-11-23T16:00:00.000Z"
    add(spec, f"{stamp} web:0 | a", f"{stamp} web:1 | job:0 | b", f"{stamp} job:0 | c",
        f"{stamp} gone:0 | e", "no stamp",
        '{"at": "x", "instance": "job:0", "stream": "err", "line": "d"}')  # fmt: skip
    counting.look([(spec, [0]), (other, [0])], 1.0)

    assert (counting.of("web"), counting.of("job")) == (2, 2)


def test_a_rotated_file_is_read_from_its_beginning(spec, tmp_path):
    counting = ErrorLines(0.0)
    add(spec, "old")
    counting.look([(spec, [0])], 0.0)
    (tmp_path / "err.log").rename(tmp_path / "err-1.log")
    counting.look([(spec, [0])], 1.0)
    add(spec, "new", "newer")
    counting.look([(spec, [0])], 2.0)

    assert counting.of("web") == 2


def test_a_file_that_was_cut_is_read_from_its_beginning(spec, tmp_path):
    counting = ErrorLines(0.0)
    add(spec, "old", "older")
    counting.look([(spec, [0])], 0.0)
    (tmp_path / "err.log").write_text("new\n")
    counting.look([(spec, [0])], 1.0)

    assert counting.of("web") == 1


@pytest.mark.parametrize("shared", [False, True])
def test_of_very_many_lines_a_part_is_read_and_stands_for_all(spec, monkeypatch, shared):
    """A program that floods its log costs no more than a look."""
    read, sizes = error_lines._read, []
    monkeypatch.setattr(error_lines, "_LARGEST_LOOK", 100)
    monkeypatch.setattr(error_lines, "_read", lambda path, begin, size: sizes.append(size) or read(path, begin, size))
    counting = ErrorLines(0.0)
    applications = [(spec, [0]), (msgspec.structs.replace(spec, name="job"), [0])][: 1 + shared]
    add(spec, "old")
    counting.look(applications, 0.0)
    add(spec, *["2026-11-23T16:00:00.000Z web:0 | oh no" if shared else "oh no"] * 1000)
    counting.look(applications, 1.0)

    assert counting.of("web") == pytest.approx(1000, rel=0.3)
    assert sizes == [100]


def test_an_application_that_is_gone_is_forgotten(spec):
    counting = ErrorLines(0.0)
    add(spec)
    counting.look([(spec, [0])], 0.0)
    add(spec, "one")
    counting.look([(spec, [0])], 1.0)
    counting.look([], 2.0)

    assert counting.of("web") == 0
