"""The index of the decisions has each of them, once."""

import re
from collections import Counter
from pathlib import Path

DECISIONS = Path(__file__).parents[2] / "docs" / "decisions"


def test_every_decision_is_in_the_index_once():
    """A page that is missing here wants a line in docs/decisions/README.md, under its room."""
    linked = Counter(re.findall(r"\]\(([a-z0-9-]+\.md)\)", (DECISIONS / "README.md").read_text()))

    assert linked == Counter(page.name for page in DECISIONS.glob("*.md") if page.name != "README.md")
