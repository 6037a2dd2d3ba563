"""Files on their way into messages, over HTTP."""

import uuid


async def upload(client, content, name="file.bin", channel=1):
    return await client.post(f"/api/v1/channels/{channel}/files", files={"file": (name, content)})


async def attach(client, *ids, text="", channel=1, client_id=None):
    body = {"client_id": str(client_id or uuid.uuid4()), "text": text, "files": ids}
    return await client.post(f"/api/v1/channels/{channel}/messages", json=body)


async def sent(client, content, name="file.bin"):
    """Upload and send it; what is told of the file."""
    file = (await upload(client, content, name)).json()
    answer = await attach(client, file["id"])
    assert answer.status_code == 201, answer.text
    return file
