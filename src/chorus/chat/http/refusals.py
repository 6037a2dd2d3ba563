"""How the routes' errors stand in the OpenAPI document."""

from litestar.openapi.datastructures import ResponseSpec

from chorus.chat.http.problems import CODES, PROBLEM_TYPE, Problem

_EVERYWHERE = ("rate_limited", "unavailable")

OF_A_BODY = ("invalid", "forbidden", "too_large", "unsupported_media_type")
"""What any route with a body may answer; forbidden when the request is another site's."""


def refusals(*codes: str) -> dict[int, ResponseSpec]:
    """Describe the problems with these codes, and those that every route may answer."""
    return {
        CODES[code][0]: ResponseSpec(
            Problem,
            description=f"{CODES[code][1]} (`{code}`)",
            media_type=PROBLEM_TYPE,
            generate_examples=False,
        )
        for code in (*codes, *_EVERYWHERE)
    }


SIGNED_IN: list[dict[str, list[str]]] = [{"bearer": []}, {"cookie": []}]
"""`security` of a route for those signed in: one of the two."""
