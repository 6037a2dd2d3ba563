"""What the system says of processes, of their load pages and of ports."""

import os
import re
import socket
import subprocess
import time

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorus.cluster.manager.load_page import LoadPages, lag
from chorus.cluster.manager.ports import holder_of_port
from chorus.cluster.manager.samples import PSS_EVERY, Sampler
from chorus.cluster.manager.slots import Slots
from chorus.cluster.worker.gate import CELL, Cell
from chorus.cluster.worker.load import LoadPage


def test_a_process_has_memory_and_descriptors_and_at_first_no_processor_time():
    sample = Sampler().sample(os.getpid(), 100.0)

    assert sample.memory == pytest.approx(psutil.Process().memory_info().rss, rel=0.1)
    assert sample.descriptors == pytest.approx(psutil.Process().num_fds(), abs=2)
    assert sample.cpu == 0.0


def test_processor_time_is_that_between_two_looks():
    sampler = Sampler()
    sampler.sample(os.getpid(), 100.0)
    until = time.process_time() + 0.2
    while time.process_time() < until:
        pass

    assert 15 <= sampler.sample(os.getpid(), 101.0).cpu <= 35
    assert sampler.sample(os.getpid(), 101.1).cpu <= 50


def test_two_looks_in_the_same_moment_are_no_error():
    sampler = Sampler()

    assert [sampler.sample(os.getpid(), 100.0).cpu for _ in range(2)] == [0.0, 0.0]


def test_nothing_is_remembered_of_processes_that_are_gone_or_ours_no_more():
    """Their numbers go to others, who would seem to have had their processor time."""
    sampler = Sampler()
    with subprocess.Popen(["sleep", "60"]) as gone, subprocess.Popen(["sleep", "60"]) as ours_no_more:
        for process in (gone, ours_no_more):
            sampler.sample(process.pid, 100.0)
            process.kill()
    sampler.sample(gone.pid, 101.0)
    left = set(sampler._known)
    sampler.keep_only([])

    assert (left, sampler._known) == ({ours_no_more.pid}, {})


def test_the_share_of_memory_is_read_once_a_minute():
    sampler = Sampler()
    seen = [sampler.sample(os.getpid(), moment).pss for moment in (0.0, PSS_EVERY, PSS_EVERY + 1)]

    assert seen[0] is None
    assert 1_000_000 < seen[1] == seen[2]


def test_a_process_that_is_gone_has_none():
    gone = subprocess.Popen(["true"])
    gone.wait()

    assert Sampler().sample(gone.pid, 0.0) is None


def test_a_process_with_an_odd_name_is_read_all_the_same():
    """/proc/PID/stat has the name between brackets, and it may hold brackets and blanks."""
    program = "import time; open('/proc/self/comm', 'w').write('a) R 1 (b'); print(flush=True); time.sleep(60)"
    with subprocess.Popen(["python3", "-c", program], stdout=subprocess.PIPE) as odd:
        odd.stdout.readline()
        sample = Sampler().sample(odd.pid, 0.0)
        odd.kill()

    assert sample.memory > 1_000_000


def test_the_holder_of_a_port_is_named_with_its_pid():
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert holder_of_port(server.getsockname()[1]).endswith(f"(pid {os.getpid()})")


def test_the_holder_of_a_port_of_ipv6_is_named_too():
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as server:
        assert re.search(rf"\(pid {os.getpid()}\)$", holder_of_port(server.getsockname()[1]))


def test_a_port_nobody_listens_on_has_no_holder():
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))

        assert holder_of_port(bound.getsockname()[1]) is None


@pytest.fixture
def page():
    """A load page of four cells, as the keeper makes it."""
    fd = os.memfd_create("chorus")
    os.ftruncate(fd, 4 * CELL)
    yield fd
    os.close(fd)


def test_what_a_worker_shows_stands_in_the_cell_of_its_slot(page):
    shown = Cell(connections=7, heartbeat=20_000, lag=1500)
    LoadPage(page, 1).write(shown)
    pages = LoadPages()

    assert pages.cell(os.getpid(), 1) == shown
    LoadPage(page, 1).write(shown._replace(connections=8))
    assert pages.cell(os.getpid(), 1).connections == 8
    assert pages.cell(os.getpid(), 4) is None
    pages.keep_only([])


def test_a_process_without_a_page_shows_nothing():
    assert LoadPages().cell(os.getpid(), 0) is None


@pytest.mark.parametrize(
    ("cell", "late"),
    [
        (Cell(0, 100_000, 1500), 0.0015),
        (Cell(0, 97_000, 1500), 2.75),
        (Cell(0, 0, 1500), None),
    ],
    ids=["the latest of the last heartbeats", "a loop that is blocked now", "one that does not accept"],
)
def test_lag_is_how_late_the_event_loop_is(cell, late):
    assert lag(cell, now=100.1) == (late if late is None else pytest.approx(late, abs=0.2))


@given(st.lists(st.booleans(), max_size=50))
def test_the_lowest_free_slot_is_taken_and_none_is_given_twice(takes):
    slots, held = Slots(), set()
    for take in takes:
        if take:
            slot = slots.take()
            assert slot not in held
            assert slot == min(set(range(len(held) + 1)) - held)
            held.add(slot)
        elif held:
            slots.free(gone := min(held))
            held.discard(gone)
