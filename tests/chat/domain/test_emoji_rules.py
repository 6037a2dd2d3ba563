"""What may be reacted with. Row 9."""

import pytest

from chorus.chat.domain.entries import check_emoji
from chorus.chat.domain.errors import Invalid


@pytest.mark.parametrize("emoji", ["👍", "👍🏽", "❤️", "❤", "👨‍👩‍👧‍👦", "🇩🇪", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "1️⃣", "☕", "‼️"])
def test_emoji_of_every_make_are_taken(emoji):
    assert check_emoji(emoji) == emoji


@pytest.mark.parametrize("text", ["", "a", "ok", "👍a", "1", "#", "👍 ", "<b>", "👍" * 40, "\0", "é", "/", "\ufffd"])
def test_anything_else_is_refused(text):
    with pytest.raises(Invalid, match="emoji"):
        check_emoji(text)
