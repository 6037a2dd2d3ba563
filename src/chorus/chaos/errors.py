"""What keeps a run from being one; a broken promise of the cluster is no error but a verdict."""


class ChaosFailed(Exception):
    """Something that the run itself needs did not work; the text is one line for the operator."""
