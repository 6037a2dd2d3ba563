"""docs/proxies.md: its recipes before two instances, over TLS, with a client at an address of its own."""

import asyncio
import contextlib
import re
import shutil
import ssl
import subprocess
from pathlib import Path

import httpx
import picows
import pytest

from parts.databases import fresh_sqlite
from parts.instance import Instance, both
from parts.people import account
from parts.ports import free_port
from parts.sockets import LiveClient
from waiting import eventually

PAGE = (Path(__file__).parents[2] / "docs" / "proxies.md").read_text()
CLIENT = "127.0.0.2"
"""Where the client is; the proxies are at 127.0.0.1."""

NGINX = "daemon off; error_log stderr; pid {folder}/pid; events {{}} http {{ access_log off; {temporary} {recipe} }}"
TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


def recipe(language):
    [found] = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    return found


def certificate(folder):
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=localhost"
    words = [
        *command.split(),
        "-addext",
        "subjectAltName=IP:127.0.0.1",
        "-keyout",
        folder / "key",
        "-out",
        folder / "c",
    ]
    subprocess.run(words, check=True, capture_output=True, timeout=60)
    (folder / "pem").write_text((folder / "c").read_text() + (folder / "key").read_text())


def nginx(folder, port, behind):
    text = recipe("nginx").replace("443", f"127.0.0.1:{port}")
    text = text.replace("server 127.0.0.1:3000;", " ".join(f"server {each};" for each in behind))
    text = re.sub(r"/etc/ssl/\S+\.pem", f"{folder}/c", re.sub(r"/etc/ssl/\S+\.key", f"{folder}/key", text))
    temporary = " ".join(f"{name}_temp_path {folder}/{name};" for name in TEMPORARY)
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, temporary=temporary, recipe=text))
    return ["nginx", "-p", folder, "-c", folder / "nginx.conf", "-e", "stderr"]


def haproxy(folder, port, behind):
    text = recipe("haproxy").replace(":443", f"127.0.0.1:{port}")
    servers = "".join(f"    server s{number} {each} check\n" for number, each in enumerate(behind))
    text = text.replace("    server here 127.0.0.1:3000 check\n", servers).replace(
        "balance leastconn", "balance roundrobin"
    )
    (folder / "haproxy.cfg").write_text(re.sub(r"/etc/ssl/\S+\.pem", f"{folder}/pem", text))
    return ["haproxy", "-f", folder / "haproxy.cfg"]


@contextlib.asynccontextmanager
async def running(command, port):
    process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.PIPE)
    try:
        await eventually(lambda: accepts(port), within=30, what=f"{command[0]} to listen")
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.communicate()


async def accepts(port):
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


@pytest.mark.parametrize("proxy", [nginx, haproxy])
async def test_behind_the_recipe_everything_works_and_clients_keep_their_addresses(proxy, tmp_path, home, valkey):
    if shutil.which(proxy.__name__) is None:
        pytest.skip(f"{proxy.__name__} is not installed")
    certificate(tmp_path)
    trust = ssl.create_default_context(cafile=tmp_path / "c")
    environment = {
        "CHORUS_HOME": str(home), "DATABASE_URL": fresh_sqlite(tmp_path), "REDIS_URL": valkey.url,
        "JWT_SECRET": "a secret of thirty-two characters or more",
    }  # fmt: skip
    port = free_port()
    address = f"https://127.0.0.1:{port}"
    async with both(Instance(0, **environment), Instance(1, **environment)) as instances:
        behind = [each.address.removeprefix("http://") for each in instances]
        transport = httpx.AsyncHTTPTransport(verify=trust, local_address=CLIENT)
        async with (
            running(proxy(tmp_path, port, behind), port),
            httpx.AsyncClient(
                base_url=address, transport=transport, headers={"origin": address, "x-forwarded-for": "203.0.113.9"}
            ) as ada,
        ):
            signed_up = await ada.post("/api/v1/accounts", json=account("ada"))
            answered = {(await ada.get("/api/v1/me")).headers["x-chorus-instance"] for _ in range(8)}
            await ada.post("/api/v1/invites", json={})
            audit = (await ada.get("/api/v1/audit")).json()
            live = await connect(address, trust, ada.cookies["chorus_access"])
            ready = await live.wait_for("caught_up")
            live.close()

    assert signed_up.status_code == 201, signed_up.text
    assert all("secure" in each.lower() for each in signed_up.headers.get_list("set-cookie"))
    assert answered == {"0", "1"}
    assert {each["address"] for each in audit["lines"]} == {CLIENT}
    assert ready == [{"1": 0}]


async def connect(address, trust, token):
    """A WebSocket through the proxy, with the page's cookie and origin."""
    url = f"{address.replace('https', 'wss')}/socket.io/?EIO=4&transport=websocket"
    fields = {"cookie": f"chorus_access={token}", "origin": address}
    _, client = await picows.ws_connect(LiveClient, url, ssl_context=trust, extra_headers=fields)
    client.send("40")
    return client
