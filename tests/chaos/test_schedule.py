"""What is done to a cluster, and when."""

import random
from collections import Counter

from chorus.chaos.schedule import Options, What, blows


def made(**options):
    return list(blows(Options(**options), random.Random(options.get("seed", 0)).random))


def test_three_minutes_are_the_ones_of_the_table():
    """Row 18: workers every 2 s, the manager every 20 s, Redis every 30 s, PostgreSQL every 60 s, one reload."""
    every = Counter(blow.what for blow in made())

    assert every == {What.WORKER: 89, What.MANAGER: 8, What.REDIS: 5, What.POSTGRES: 2, What.RELOAD: 1}


def test_blows_come_in_the_order_of_their_times_and_leave_the_last_second_alone():
    times = [blow.at for blow in made(seconds=60)]

    assert times == sorted(times)
    assert times[-1] <= 59


def test_the_same_seed_makes_the_same_run_and_another_one_another():
    assert made(seed=7) == made(seed=7)
    assert made(seed=7) != made(seed=8)


def test_a_short_run_is_hit_by_everything_once():
    assert {blow.what for blow in made(seconds=10)} == set(What)


def test_an_interval_of_nothing_is_never():
    assert What.WORKER not in {blow.what for blow in made(worker_every=0)}
