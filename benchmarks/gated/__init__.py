"""What `gate.py` counts: programs of their own, and how they are counted."""
