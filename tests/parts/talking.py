"""What people do with the chat, live and by HTTP."""

from parts.people import message


async def send(client, text="Hello", channel=1):
    return await client.ask("message.send", {"channel": channel, **message(text)})


async def post(browser, count, channel=1):
    for number in range(count):
        answer = await browser.post(f"/api/v1/channels/{channel}/messages", json=message(f"Number {number}"))
        assert answer.status_code == 201


async def settled(client):
    """Connected, told so, and caught up."""
    await client.wait_for("caught_up")
    return client
