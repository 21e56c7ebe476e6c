"""The offices of a month as a fixed tree: the city, its parts, their offices. It depends on no count.

What is told of a node's children is told of all of them or of none. Three offices at least stand together at the foot,
so that none is known by what is left of the other.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

Offices = tuple[str, ...]
_TOGETHER: Final = 3


@dataclass(frozen=True, slots=True)
class Node:
    """Offices that are told as one row, and the nodes into which the row can be split."""

    offices: Offices
    children: tuple["Node", ...] = ()

    def walk(self) -> Iterator["Node"]:
        yield self
        for child in self.children:
            yield from child.walk()

    def feet(self) -> Iterator["Node"]:
        """The nodes that are not split any further, in order."""
        if not self.children:
            yield self
        for child in self.children:
            yield from child.feet()

    def cut(self, told: frozenset[Offices]) -> "Node":
        """The tree as far as its nodes are in `told`."""
        if any(child.offices not in told for child in self.children):
            return Node(self.offices)
        return Node(self.offices, tuple(child.cut(told) for child in self.children))


def tree(offices: Sequence[str]) -> Node:
    """Halves of halves of the offices in their given order: twelve are six and six, and these three and three."""
    found = tuple(offices)
    if len(found) == 1:
        return Node(found)
    if len(found) < 2 * _TOGETHER:
        return Node(found, tuple(Node((office,)) for office in found))
    middle = len(found) // 2
    return Node(found, (tree(found[:middle]), tree(found[middle:])))
