"""The pump's controller: what it is told, what it decides, what it believes.

`controller.step` is a pure function of state, event and time; it has no clock, motor, memory or radio of its own. Steps,
volumes and times are integers or exact rationals; mass is derived.
"""
