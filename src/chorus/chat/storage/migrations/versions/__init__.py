"""The steps. A step only adds, so that the version before it keeps working beside it."""
