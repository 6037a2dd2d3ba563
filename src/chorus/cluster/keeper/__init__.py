"""The keeper: holds listeners, children and log pipes; mechanism without policy. Standard library only."""
