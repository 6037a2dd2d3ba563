"""Logs that are rotated, removed and flooded (rows 39, 40 of its table of behaviours), with real processes."""

import gzip

import msgspec
import pytest

from chorus.cluster.keeper.wire import ChildExited, Logs, Subscribe
from chorus.cluster.messages import Start, Stop
from cluster.keeper.running import RunningKeeper, python
from waiting import until

pytestmark = [pytest.mark.processes, pytest.mark.cluster("shared")]


WRITER = """
import json, os, time
for n in range(40000):
    print(json.dumps({"instance": os.environ["CHORUS_INSTANCE_ID"], "n": n}), flush=n % 100 == 0)
    if n % 100 == 0:
        time.sleep(0.01)
"""


@pytest.mark.cluster("own")
def test_rotations_while_four_instances_write_lose_and_tear_no_line(cluster):
    """Row 39: every JSON line is in exactly one of the files, whole; the earlier ones are compressed."""
    folder = cluster.home / "logs"
    writers = cluster.spec(
        name="writers", app=None, port=None, instances=4, command=tuple(python(WRITER)), autorestart=False,
        timestamps=False, out_file=str(folder / "out.log"), log_max_size=100_000, env={"PYTHONUNBUFFERED": ""},
    )  # fmt: skip

    cluster.done(Start(applications=[writers]))
    until(lambda: cluster.states("writers") == ["stopped"] * 4, within=30, what="the writers to end")
    until(lambda: {p.name for p in folder.iterdir() if p.suffix != ".gz"} <= {"out.log"}, what="the last compression")

    contents = [(path.suffix, path.read_bytes()) for path in sorted(folder.iterdir())]
    files = [gzip.decompress(content) if suffix == ".gz" else content for suffix, content in contents]
    assert len(files) > 2
    lines = [msgspec.json.decode(line) for file in files for line in file.splitlines()]
    for number in "0123":
        assert [line["n"] for line in lines if line["instance"] == number] == list(range(40000))


@pytest.mark.cluster("own")
def test_files_of_each_instance_hold_its_json_lines_and_come_back_when_they_are_removed(cluster):
    """Row 39: out, error and combined files, here not merged."""
    folder = cluster.home / "logs"
    program = (
        "import itertools, json, sys, time\nfor n in itertools.count():\n time.sleep(0.01)\n"
        " print(json.dumps({'n': n}))\n print(json.dumps({'error': n}), file=sys.stderr)"
    )
    files = {f"{name}_file": str(folder / f"{name}.log") for name in ("out", "error", "combined")}
    talker = cluster.spec(name="talker", app=None, port=None, command=tuple(python(program)))
    talker = msgspec.structs.replace(talker, merge_logs=False, timestamps=False, **files)
    cluster.done(Start(applications=[talker]))
    paths = [folder / f"{name}-{number}.log" for name in ("out", "error", "combined") for number in (0, 1)]
    until(lambda: all(path.exists() and path.read_text().count("\n") > 9 for path in paths), what="lines in six files")

    for path in paths:
        path.unlink()
    until(lambda: all(path.exists() and path.read_text().count("\n") > 9 for path in paths), what="them to come back")

    cluster.done(Stop(["talker"]))
    for path, keys in zip(paths, [{"n"}, {"n"}, {"error"}, {"error"}, {"n", "error"}, {"n", "error"}], strict=True):
        lines = [msgspec.json.decode(line) for line in path.read_text().splitlines()]
        assert {key for line in lines for key in line} == keys


def test_a_folder_of_logs_that_is_moved_away_is_begun_anew_and_no_line_is_lost(cluster):
    """As `mv logs /elsewhere` does, or logrotate with a single file; what was written stands in one of the two."""
    folder = cluster.home / "logs"
    counts = "import itertools, time\nfor n in itertools.count():\n time.sleep(0.01)\n print(n, flush=True)"
    talker = cluster.spec(name="talker", app=None, port=None, instances=1, command=tuple(python(counts)))
    out = str(folder / "out.log")
    talker = msgspec.structs.replace(talker, timestamps=False, out_file=out, error_file=None, combined_file=None)
    cluster.done(Start(applications=[talker]))
    until(lambda: (folder / "out.log").read_text().count("\n") > 9, what="some lines")

    moved = folder.rename(cluster.home / "moved")
    until((folder / "out.log").exists, what="the file where it belongs")
    until(lambda: (folder / "out.log").read_text().count("\n") > 9, what="lines in it")

    cluster.done(Stop(["talker"]))
    lines = [*(moved / "out.log").read_text().split(), *(folder / "out.log").read_text().split()]
    assert lines == [str(n) for n in range(len(lines))]


FLOOD = """
import os, time
worst, written, start = 0.0, 0, time.monotonic()
while written < 100_000:
    time.sleep(max(0.0, start + written / 50_000 - time.monotonic()))
    line = "{} {} a line of a log as it is usual, some eighty bytes with all that is before it"
    lines = "".join(line.format(os.environ["NUMBER"], n) + chr(10) for n in range(written, written + 500)).encode()
    before = time.monotonic()
    while lines:
        lines = lines[os.write(1, lines):]
    worst, written = max(worst, time.monotonic() - before), written + 500
print("took", time.monotonic() - start, "worst", worst)
"""


@pytest.mark.alone
def test_two_hundred_thousand_lines_a_second_are_written_whole_and_block_nobody(home):
    """Row 40: four programs, 50,000 lines a second each; none lost, none torn, no write waits longer than 50 ms."""
    with RunningKeeper(home) as keeper:
        client = keeper.client()
        client.do(Subscribe())
        client.socket.settimeout(60)
        for number in "0123":
            logs = Logs(out=str(home / "out.log"), combined=str(home / "combined.log"))
            keeper.spawn(client, f"x:{number}:1", *python(FLOOD), logs=logs, env={"NUMBER": number})
        for number in "0123":
            assert client.fact(ChildExited, key=f"x:{number}:1").code == 0

    texts = [line.partition(" | ")[2].split(" ", 2) for line in (home / "out.log").read_text().splitlines()]
    ends = [text for text in texts if text[0] == "took"]
    lines = [text for text in texts if text[0] != "took"]
    for number in "0123":
        assert [int(text[1]) for text in lines if text[0] == number] == list(range(100_000))
    assert {text[2] for text in lines} == {
        "a line of a log as it is usual, some eighty bytes with all that is before it"
    }
    assert max(float(text[2].split()[1]) for text in ends) < 0.05
    assert (home / "combined.log").stat().st_size == (home / "out.log").stat().st_size
