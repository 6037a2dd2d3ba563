"""The error tree."""

from chorus.chat.domain import errors


def leaves():
    return {
        name: kind
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, errors.ChatError) and kind is not errors.ChatError
    }


def test_each_error_has_a_stable_code():
    assert {name: kind.code for name, kind in leaves().items()} == {
        "Invalid": "invalid",
        "TooLarge": "too_large",
        "Unauthenticated": "unauthenticated",
        "Forbidden": "forbidden",
        "NotFound": "not_found",
        "Conflict": "conflict",
        "TooMany": "rate_limited",
        "Unavailable": "unavailable",
        "DatabaseUnavailable": "unavailable",
        "DatabaseDamaged": "unavailable",
        "Outdated": "unavailable",
    }


def test_our_own_trouble_and_haste_are_worth_another_try_and_nothing_else():
    retryable = {name for name, kind in leaves().items() if kind.retryable}
    assert retryable == {"Unavailable", "DatabaseUnavailable", "DatabaseDamaged", "Outdated", "TooMany"}


def test_the_detail_is_what_the_error_says():
    assert str(errors.NotFound("There is no channel 7")) == errors.NotFound("There is no channel 7").detail
