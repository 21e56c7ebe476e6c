"""What client and case manager agree on: goal, steps, strengths, and the duties of both sides."""

from typing import Any, Final

from contracts.words import Ability, Goal, Step
from simulation.chance import fraction, pick, weighted
from simulation.city import actions
from simulation.city.town import Town

GOALS: Final = ((Goal.REGULAR_JOB, 0.85), (Goal.VOCATIONAL_TRAINING, 0.1), (Goal.SELF_EMPLOYMENT, 0.05))
GOALS_UNTRAINED: Final = ((Goal.REGULAR_JOB, 0.4), (Goal.QUALIFICATION, 0.5), (Goal.VOCATIONAL_TRAINING, 0.1))
STEPS: Final = (Step.APPLY, Step.LANGUAGE_COURSE, Step.COUNSELLING, Step.TRAINING, Step.CHILD_CARE)


def plan(town: Town, action: actions.Agree) -> dict[str, Any]:
    one = town.known[action.person].person
    untrained = one.ability is Ability.NEEDS_QUALIFICATION
    goal = weighted(GOALS_UNTRAINED if untrained else GOALS, fraction(town.seed, action.case, "goal"))
    step = pick(STEPS, town.seed, action.case, action.version, "step")
    return {
        "goal": goal,
        "steps": [step, Step.REFER],
        "strengths": ["zuverlässig", "kennt den Stadtteil"],
        "duties_client": ["bewirbt sich jede Woche", "hält vereinbarte Termine ein"],
        "duties_office": ["klärt Kinderbetreuung und Fahrtkosten", "spricht mit den Ämtern"],
    }
