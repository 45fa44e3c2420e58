"""The pump on trial: its production code inside one seeded simulation with every fault, and invariants after every event."""
