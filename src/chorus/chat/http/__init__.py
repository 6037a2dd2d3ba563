"""The HTTP API: resources and verbs on one side, actions on the other."""
