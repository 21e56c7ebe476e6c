"""Tables of whole numbers, none below 0, with given sums of rows and columns, some of whose cells are fixed.

Whether there is one is a question of flow: what rows hold must find room in the columns.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from itertools import pairwise

Place = tuple[int, int]
"""Row and column."""


def exists(rows: Sequence[int], columns: Sequence[int], fixed: Mapping[Place, int]) -> bool:
    """Whether such a table exists."""
    supply, room = list(rows), list(columns)
    for (row, column), number in fixed.items():
        supply[row] -= number
        room[column] -= number
    if min(supply, default=0) < 0 or min(room, default=0) < 0 or sum(supply) != sum(room):
        return False
    carried = [[0] * len(room) for _ in supply]
    for row in range(len(supply)):
        for column in range(len(room)):
            if (row, column) not in fixed:
                moved = min(supply[row], room[column])
                carried[row][column] = moved
                supply[row] -= moved
                room[column] -= moved
    return all(_push(row, supply, room, carried, fixed) for row in range(len(supply)))


def _push(row: int, supply: list[int], room: list[int], carried: list[list[int]], fixed: Mapping[Place, int]) -> bool:
    """Finds room for the rest of a row by moving what other rows have carried."""
    while supply[row]:
        path = _path(row, room, carried, fixed)
        if path is None:
            return False
        amount = min(supply[row], room[path[-1][1]], *(carried[r][c] for (_, c), (r, _) in _steps(path)))
        for at, to in path:
            carried[at][to] += amount
        for (_, left), (other, _) in _steps(path):
            carried[other][left] -= amount
        supply[row] -= amount
        room[path[-1][1]] -= amount
    return True


def _steps(path: list[Place]) -> list[tuple[Place, Place]]:
    return list(pairwise(path))


def _path(start: int, room: list[int], carried: list[list[int]], fixed: Mapping[Place, int]) -> list[Place] | None:
    """Places to add to, one row after the other; each row but the first gives up the column added to before it."""
    came: dict[int, list[Place]] = {start: []}
    columns, waiting = set[int](), deque([start])
    while waiting:
        row = waiting.popleft()
        for column in range(len(room)):
            if (row, column) in fixed or column in columns:
                continue
            columns.add(column)
            path = [*came[row], (row, column)]
            if room[column]:
                return path
            for other in range(len(carried)):
                if other not in came and (other, column) not in fixed and carried[other][column]:
                    came[other] = path
                    waiting.append(other)
    return None
