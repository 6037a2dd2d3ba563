"""What the system says of processes and ports."""

import os
import socket
import subprocess

from hypothesis import given
from hypothesis import strategies as st

from chorus.cluster.manager.load_page import connections
from chorus.cluster.manager.samples import Sampler, holder_of_port
from chorus.cluster.manager.slots import Slots


def test_a_process_has_memory_and_processor_time():
    sample = Sampler().sample(os.getpid())

    assert sample.memory > 1_000_000
    assert sample.cpu == 0.0


def test_a_process_that_is_gone_has_none():
    gone = subprocess.Popen(["true"])
    gone.wait()

    assert Sampler().sample(gone.pid) is None


def test_the_holder_of_a_port_is_named_with_its_pid():
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert holder_of_port(server.getsockname()[1]).endswith(f"(pid {os.getpid()})")


def test_a_port_nobody_listens_on_has_no_holder():
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))

        assert holder_of_port(bound.getsockname()[1]) is None


def test_live_connections_stand_in_the_cell_of_the_slot():
    page = os.memfd_create("chorus")
    os.pwrite(page, b"".join(number.to_bytes(8, "little") for number in (1, 10, 7, 20)), 0)

    assert connections(os.getpid(), 1) == 7
    os.close(page)


def test_a_process_without_a_page_tells_no_connections():
    assert connections(os.getpid(), 0) is None


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
