"""What may be reacted with. Row 9."""

import pytest

from chorus.chat.domain.entries import check_emoji
from chorus.chat.domain.errors import Invalid


@pytest.mark.parametrize("emoji", ["👍", "👍🏽", "❤️", "❤", "👨‍👩‍👧‍👦", "🇩🇪", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "1️⃣", "☕", "‼️", "👁️‍🗨️", "🏽", "🇩"])
def test_emoji_of_every_make_are_taken(emoji):
    assert check_emoji(emoji) == emoji


@pytest.mark.parametrize("text", ["", "a", "ok", "👍a", "1", "#", "👍 ", "<b>", "👍" * 40, "\0", "é", "/", "\ufffd"])
def test_anything_else_is_refused(text):
    with pytest.raises(Invalid, match="emoji"):
        check_emoji(text)


@pytest.mark.parametrize("text", ["👍👎", "👋👋", "🇩🇪🇫🇷", "👍‍", "❤️👍🏽", "1️⃣2️⃣"])
def test_several_emoji_are_not_one(text):
    with pytest.raises(Invalid, match="emoji"):
        check_emoji(text)


@pytest.mark.parametrize("text", ["\u200d", "\ufe0f", "\u200b", "\u0301", "\u200d\ufe0f"])
def test_what_only_changes_or_joins_emoji_is_none(text):
    with pytest.raises(Invalid, match="emoji"):
        check_emoji(text)
