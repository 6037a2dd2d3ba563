"""Who takes the next connection, decided without sockets."""

from chorus.cluster.worker.gate import SILENT_AFTER, SLACK, Cell, least_busy, steps_back

NOW = 50_000


def at(connections: int, *, age: int = 0) -> Cell:
    """The cell of a worker last heard of `age` milliseconds ago."""
    return Cell(connections, NOW - age)


def test_a_worker_alone_takes_the_connection():
    assert not steps_back(100, [], now=NOW)


def test_one_connection_more_than_the_least_busy_is_fine():
    assert not steps_back(4, [at(3), at(9)], now=NOW)


def test_a_busier_worker_steps_back():
    assert steps_back(5, [at(3), at(9)], now=NOW)


def test_a_worker_that_is_silent_is_not_waited_for():
    assert steps_back(5, [at(0, age=SILENT_AFTER)], now=NOW)
    assert not steps_back(5, [at(0, age=SILENT_AFTER + 1)], now=NOW)


def test_a_worker_that_does_not_accept_is_not_waited_for():
    assert not steps_back(5, [Cell(0, 0)], now=NOW)


def test_the_least_busy_of_those_heard_of_counts():
    assert least_busy([at(7), at(3), at(1, age=5000), Cell(0, 0)], now=NOW) == 3
    assert least_busy([], now=NOW) is None


def test_two_thousand_connections_end_even_whoever_is_woken_first():
    counts = [0] * 4
    for _ in range(2000):
        for worker in range(4):
            others = [at(count) for number, count in enumerate(counts) if number != worker]
            if not steps_back(counts[worker], others, now=NOW):
                counts[worker] += 1
                break

    assert max(counts) - min(counts) <= 1 + SLACK
