"""The keeper's structs: dataclasses without their price."""

import copy
import pickle
import subprocess
import sys
from unittest.mock import ANY

import pytest

from chorus.cluster.keeper.struct import Struct, as_dict, field


class Point(Struct):
    x: int
    y: int = 0


class Spot(Point):
    colour: str = "red"


class Line(Struct):
    name: str
    points: list[Point] = field(default_factory=list[Point])
    last: Point | None = None


def test_fields_are_given_by_position_or_name_and_the_rest_have_their_defaults():
    assert Point(1) == Point(x=1) == Point(1, y=0)
    assert Point(1) != Point(2)
    assert Point(1) == ANY  # which has its own idea of it
    assert {Point(1), Point(1, 0)} == {Point(1)}
    assert repr(Point(1)) == "Point(x=1, y=0)"


@pytest.mark.parametrize(
    ("values", "named", "complaint"),
    [
        ((), {}, "Point.x is missing"),
        ((1, 2, 3), {}, "found 3 by position"),
        ((1,), {"x": 1}, r"found 1 by position and \['x'\] by name"),
        ((1,), {"z": 1}, r"\['z'\] by name"),
    ],
)
def test_what_does_not_fit_is_named(values, named, complaint):
    with pytest.raises(TypeError, match=complaint):
        Point(*values, **named)


def test_nothing_of_one_can_be_changed():
    with pytest.raises(AttributeError, match=r"Point\.x cannot be changed"):
        Point(1).x = 2  # type: ignore[misc]


def test_a_list_that_is_a_default_is_each_ones_own():
    assert Line("a").points is not Line("a").points


def test_one_of_a_derived_class_has_the_fields_of_the_base_first():
    assert vars(Spot(1, 2, "blue")) == {"x": 1, "y": 2, "colour": "blue"}
    assert Spot(1) != Point(1)


def test_a_copy_equals_what_it_was_made_of():
    line = Line("a", [Point(1)])

    assert copy.copy(line) == copy.deepcopy(line) == pickle.loads(pickle.dumps(line)) == line


def test_structs_within_become_dicts_too():
    line = Line("a", [Point(1)], Point(2))

    assert as_dict(line) == {"name": "a", "points": [{"x": 1, "y": 0}], "last": {"x": 2, "y": 0}}


def test_a_keeper_starts_without_what_a_dataclass_needs():
    program = "import sys, chorus.cluster.keeper.__main__; print(*{'dataclasses', 'inspect'} & set(sys.modules))"

    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert loaded.stdout.split() == []
