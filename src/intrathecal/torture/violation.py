"""What is found when an invariant does not hold."""

from __future__ import annotations


class Violation(Exception):
    """An invariant is broken. ``rule`` names it, the message says in a sentence what was found."""

    def __init__(self, rule: str, found: str) -> None:
        super().__init__(rule, found)
        self.rule = rule
        self.found = found

    def __str__(self) -> str:
        return f"{RULES[self.rule]}: {self.found}"


#: Every invariant in a sentence, by the name that a violation carries.
RULES = {
    "fastest-flow": "The flow is never faster than the pump's fastest, in any overlap",
    "limit": "No window of any limit ever holds more than its dose",
    "dose": "What the motor gave is what the words of the program ask for, to one drive step",
    "lockout": "Two patient boluses are never closer than the lockout in force",
    "daily-count": "No 24 hours hold more patient boluses than the program allows",
    "refusal": "A press is refused only for a reason that holds",
    "count": "The pump's count and the rotor agree to the step",
    "reservoir": "What is left and what was counted are together what was filled",
    "empty": "An empty reservoir is never booked as delivered",
    "atomic": "The program in force is one that was sent whole, old or new",
    "answer": "What was answered as done is in force once, what was refused or never came is not",
    "stale": "A program that was shown beside an old state is not taken",
    "role": "Nobody does what its role does not allow",
    "memory": "One damaged bit is masked and logged, or the pump gives nothing",
    "replay": "Reading the memory again rebuilds the pump exactly",
    "log": "The log is append-only and dated, and holds every event with its outcome",
    "alarm": "Every fault that the pump can sense sounds, and nothing else does",
    "heard": "An alarm that goes on is heard again; a mute ends by itself",
    "clock": "The pump's counter never runs faster than time, and its clock is only put right after a time without power",
    "alive": "A pump that has no reason to stand runs, and answers",
    "conserved": "In the world nothing is lost: what was filled is in the reservoir, delivered, leaked or taken out",
}
