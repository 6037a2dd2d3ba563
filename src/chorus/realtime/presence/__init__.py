"""Who is there, over all instances: begin at `tracker.py`."""
