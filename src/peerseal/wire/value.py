"""Small immutable values: what frozen dataclasses give, without what importing and building those costs.

`dataclasses` pulls in `inspect` and compiles code for every class: 25 ms of a command line's start, which decides
how fast a small transfer is. Type checkers see the same constructor, fields and order.
"""

from __future__ import annotations

from typing import ClassVar, NoReturn, dataclass_transform


@dataclass_transform(frozen_default=True)
class Value:
    """Base of a value. A subclass lists its fields as annotations; a class attribute is a field's default.

    Equal if of the same class with equal fields; hashable if all fields are. Fields may be matched in order.
    """

    field_names: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        own: dict[str, object] = vars(cls).get("__annotations__", {})
        cls.field_names += tuple(name for name, kind in own.items() if not str(kind).startswith("ClassVar"))
        type.__setattr__(cls, "__match_args__", cls.field_names)

    def __init__(self, *given: object, **named: object) -> None:
        names = self.field_names
        if given:
            if len(given) > len(names):
                raise TypeError(f"{type(self).__name__} takes {len(names)} values, {len(given)} were given")
            named.update(zip(names, given, strict=False))
        for name in names:
            if name not in named and not hasattr(type(self), name):
                raise TypeError(f"{type(self).__name__} needs {name}")
            named.setdefault(name, getattr(type(self), name, None))
        if len(named) != len(names):
            raise TypeError(f"{type(self).__name__} has no {', '.join(named.keys() - set(names))}")
        self.__dict__.update(named)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} cannot be changed")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} cannot be changed")

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        return hash((type(self), *(self.__dict__[name] for name in self.field_names)))

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={self.__dict__[name]!r}" for name in self.field_names)
        return f"{type(self).__name__}({shown})"
