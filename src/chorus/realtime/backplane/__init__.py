"""Between the instances: hints, at most once. See contract.py."""
