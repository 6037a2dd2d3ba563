"""The process managers that are compared, a file each kind; contract.py is what they have in common."""
