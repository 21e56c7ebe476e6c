from collections.abc import Sequence

class Bounds:
    def __init__(self, lb: Sequence[float], ub: Sequence[float]) -> None: ...

class LinearConstraint:
    def __init__(self, A: Sequence[Sequence[float]], lb: Sequence[float], ub: Sequence[float]) -> None: ...  # noqa: N803

class OptimizeResult:
    success: bool
    message: str
    x: Sequence[float]

def milp(
    c: Sequence[float],
    *,
    integrality: Sequence[int] | None = None,
    bounds: Bounds | None = None,
    constraints: LinearConstraint | None = None,
) -> OptimizeResult: ...
