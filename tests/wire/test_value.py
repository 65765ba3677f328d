"""Values are frozen, compared by class and fields, and matched in order."""

from __future__ import annotations

from typing import ClassVar

import pytest

from peerseal.wire.value import Value


class Point(Value):
    kind: ClassVar[str] = "point"
    x: int
    y: int = 2


class Other(Value):
    x: int
    y: int = 2


def test_fields_come_by_place_name_or_default() -> None:
    assert Point(1) == Point(1, 2) == Point(x=1, y=2)
    assert (Point(1).x, Point(1).y) == (1, 2)
    assert Point.field_names == ("x", "y")


def test_another_class_or_field_is_another_value() -> None:
    assert Point(1) != Other(1)
    assert Point(1) != Point(2)
    assert hash(Point(1)) == hash(Point(1, 2))


@pytest.mark.parametrize(("given", "named"), [((), {}), ((1, 2, 3), {}), ((1,), {"z": 1})])
def test_missing_and_unknown_fields_are_refused(given: tuple[int, ...], named: dict[str, int]) -> None:
    with pytest.raises(TypeError):
        Point(*given, **named)


def test_a_value_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        Point(1).x = 3  # type: ignore[misc]  # that it cannot is the point
    with pytest.raises(AttributeError):
        del Point(1).x


def test_it_is_matched_in_order_and_shown_by_name() -> None:
    match Point(1, 5):
        case Point(x, y):
            assert (x, y) == (1, 5)
    assert repr(Point(1)) == "Point(x=1, y=2)"
