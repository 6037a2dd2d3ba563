"""The log of a durable room: total order, nothing lost. See contract.py."""
