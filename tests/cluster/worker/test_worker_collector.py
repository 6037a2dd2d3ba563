"""How often a worker looks for garbage; in processes of their own, for it is a setting of the process."""

import subprocess
import sys

import pytest


def settled(before: str) -> list[str]:
    """What a process says that settled after its application ran `before`: thresholds, whether anything is frozen."""
    program = (
        f"import gc; from chorus.cluster.worker.collector import begin, settle; begin(); {before}; settle(); "
        "print(*gc.get_threshold(), gc.get_freeze_count() > 0)"
    )
    return subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout.split()


def test_young_objects_are_looked_at_less_often_and_those_of_the_start_never_again():
    young, _, _, frozen = settled("pass")

    assert int(young) > 700
    assert frozen == "True"


def test_hardly_anything_is_looked_at_while_the_application_is_loaded():
    begins = "import gc; from chorus.cluster.worker.collector import begin; begin(); print(gc.get_threshold()[0])"

    young = subprocess.run([sys.executable, "-c", begins], check=True, capture_output=True, text=True).stdout

    assert int(young) > 20_000


@pytest.mark.parametrize("chosen", ["gc.set_threshold(1000, 5, 5)", "gc.set_threshold(0)"])
def test_an_application_that_chose_keeps_what_it_chose(chosen):
    *thresholds, frozen = settled(chosen)

    assert thresholds == (["1000", "5", "5"] if "1000" in chosen else ["0", "10", "10"])
    assert frozen == "False"
