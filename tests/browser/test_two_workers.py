"""The main promise, in a real browser: two people on two workers, one of which is killed or replaced while they talk.

Both tests are done to one cluster, as starting it costs more than all else in them: each has people of its own.
"""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import pytest

from browser.chromium import Chromium
from browser.person import Person
from parts.cluster import Cluster
from waiting import until

pytestmark = [pytest.mark.browser, pytest.mark.processes]


_WATCH = """() => {
    window.connections = [];
    const root = document.documentElement;
    new MutationObserver(() => window.connections.push(root.dataset.connection))
        .observe(root, { attributes: true, attributeFilter: ["data-connection"] });
}"""


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A fresh chat on two workers, as the command starts it."""
    with TemporaryDirectory(prefix="chorus-", ignore_cleanup_errors=True) as home, Cluster(Path(home)) as running:
        yield running


def history(cluster: Cluster, person: Person) -> list[tuple[int, str]]:
    """(seq, text) of #general as the server tells it."""
    cookies = {each["name"]: each["value"] for each in person.page.context.cookies()}
    with httpx.Client(base_url=f"{cluster.address}/api/v1", cookies=cookies) as client:
        [general] = [each for each in client.get("/channels").raise_for_status().json() if each["name"] == "general"]
        answer = client.get(f"/channels/{general['id']}/messages", params={"after": 0, "limit": 200}).raise_for_status()
    return [(entry["seq"], entry["text"]) for entry in answer.json()["entries"]]


def test_two_people_on_two_workers_talk_through_the_death_of_either(
    cluster: Cluster, chromium: Chromium, pictures: Path
) -> None:
    """Nothing is lost, nothing doubled, and both see one order: the log's."""
    ada, bob = (Person(chromium, cluster.address, handle) for handle in ("ada", "bob"))
    ada.sign_up_on_the_page("Ada Lovelace")
    bob.sign_up_on_the_page("Bob Kahn")
    bob.move_to_another_instance_than(ada.instance)

    said: set[str] = set()
    for victim, phase in ((ada, "one"), (bob, "two")):
        number = victim.instance
        doomed = cluster.instances()[number]["pid"]
        for turn in range(6):
            for person in (ada, bob):
                said.add(text := f"{person.handle} says {phase}.{turn}")
                person.say(text)
            if turn == 2:
                os.kill(doomed, signal.SIGKILL)  # while what was just written is on its way
        cluster.wait_replaced(number, doomed)
        for person in (ada, bob):
            person.wait_online()
            until(lambda: person.has_all(said), within=30, what=f"{person.handle} to see all {len(said)} messages")  # noqa: B023

    bob.page.screenshot(path=pictures / "two-workers.png")
    assert sorted(ada.texts()) == sorted(said)
    assert ada.sees() == bob.sees()
    assert [(seq, text) for seq, _, text in ada.sees()] == history(cluster, ada)
    assert [seq for seq, _, _ in ada.sees()] == list(range(1, len(said) + 1))
    assert ada.errors == bob.errors == []


def test_a_page_stays_online_while_the_chat_is_reloaded(cluster: Cluster, chromium: Chromium) -> None:
    """Row 18: the same socket before and after; what is written meanwhile arrives."""
    eve = Person(chromium, cluster.address, "eve")
    eve.sign_up("Eve Adams")
    eve.ask("channels", {"name": "elsewhere"})
    eve.page.get_by_test_id("channel-elsewhere").click()
    eve.page.get_by_placeholder("Message #elsewhere").wait_for()
    before = {instance["pid"] for instance in cluster.instances().values()}
    eve.page.evaluate(_WATCH)
    eve.say("before")

    reloaded = cluster.chorus("reload", within=200)

    eve.say("after")
    until(lambda: eve.has_all({"before", "after"}), within=30, what="both messages to be sent")
    assert reloaded.returncode == 0, reloaded.stderr
    assert before.isdisjoint(instance["pid"] for instance in cluster.instances().values())
    assert set(eve.page.evaluate("window.connections")) <= {"online"}
    assert eve.texts() == ["before", "after"]
    assert eve.errors == []
