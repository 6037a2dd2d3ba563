"""The shared page: our cell, the others', and the set that keeps it true."""

import os

import pytest

from chorus.cluster.worker.gate import CELL, Cell
from chorus.cluster.worker.load import LiveConnections, LoadPage, NoPage


@pytest.fixture
def page():
    fd = os.memfd_create("load")
    os.ftruncate(fd, 4 * CELL)
    yield fd
    os.close(fd)


def test_what_one_writes_the_others_read(page):
    first, second = LoadPage(page, 0), LoadPage(page, 3)

    first.write(Cell(5, 1000))
    second.write(Cell(7, 2000))

    assert list(first.others()) == [Cell(0, 0), Cell(0, 0), Cell(7, 2000)]
    assert next(second.others()) == Cell(5, 1000)


def test_a_slot_taken_over_from_a_killed_worker_begins_empty(page):
    LoadPage(page, 1).write(Cell(99, 1000))
    LoadPage(page, 1)

    assert next(LoadPage(page, 0).others()) == Cell(0, 0)


@pytest.mark.parametrize("slot", ["4", "-1", "x", ""])
def test_a_slot_that_is_none_is_named(page, slot):
    with pytest.raises(NoPage, match="CHORUS_LOAD_SLOT"):
        LoadPage.of({"CHORUS_LOAD_FD": str(page), "CHORUS_LOAD_SLOT": slot})


def test_a_descriptor_that_is_no_page_is_named():
    reading, writing = os.pipe()
    try:
        with pytest.raises(NoPage, match="CHORUS_LOAD_FD"):
            LoadPage.of({"CHORUS_LOAD_FD": str(reading), "CHORUS_LOAD_SLOT": "0"})
    finally:
        os.close(reading)
        os.close(writing)


def test_no_page_is_wanted_without_a_descriptor():
    assert LoadPage.of({}) is None


def test_every_change_of_the_connections_is_told():
    seen = []
    connections = LiveConnections(lambda element: seen.append((element, len(connections))))

    connections.add("a")
    connections.add("b")
    connections.discard("a")
    connections.remove("b")

    assert seen == [("a", 1), ("b", 2), ("a", 1), ("b", 0)]
