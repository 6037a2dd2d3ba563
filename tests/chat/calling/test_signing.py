"""Row 16: outgoing calls are signed with a timestamp."""

from hypothesis import given
from hypothesis import strategies as st

from chorus.chat.calling.signing import secret_of, signature, signed_headers
from parts.programs import verified


def test_it_is_the_signature_of_standard_webhooks():
    """The example of the standard's own libraries."""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    body = b'{"test": 2432232314}'

    assert (
        signature(secret, id="msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp=1614265330, body=body)
        == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    )


@given(st.binary(min_size=24, max_size=64), st.binary(max_size=50), st.integers(0, 2**40))
def test_whoever_has_the_secret_can_tell(bits, body, timestamp):
    """Row 16."""
    secret = secret_of(bits)
    headers = signed_headers(secret, id="msg", timestamp=timestamp, body=body)

    assert verified(headers, body, secret)
    assert not verified(headers, body + b" ", secret)
    assert not verified({**headers, "webhook-timestamp": str(timestamp + 1)}, body, secret)
    assert not verified(headers, body, secret_of(bits + b"x"))
