"""The demonstration: evaluations of the spec under specs/, simulated with known truth."""
