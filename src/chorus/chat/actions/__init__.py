"""What can be done with the chat: authorise → change → store → announce. The only way in for HTTP and live.

    chat = Chat(store=store, announcer=announcer, settings=ChatSettings(secret=secret), passwords=Passwords())
    signed_in = await accounts.sign_up(chat, handle="ada", name="Ada", password="correct horse")
    session = await sessions.authenticate(chat, access_token=signed_in.access_token)
    sent = await messages.send(chat, by=session.account, channel=1, client_id=uuid4(), text="Hello")

Each module holds the actions of one noun; each action takes the `Chat` and, as `by`, the account that acts, and raises
the errors of `domain/errors.py`.
"""
