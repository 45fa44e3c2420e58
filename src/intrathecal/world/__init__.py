"""The physical pump: motor, true reservoir, magnet and faults; what happens, whatever the pump believes."""
