"""The main promise, in a real browser: two people on two workers, and a worker that is killed while they talk."""

import os
import signal
from pathlib import Path

import httpx
import pytest

from browser.chromium import Chromium
from browser.person import Person
from parts.cluster import Cluster
from waiting import until

pytestmark = [pytest.mark.browser, pytest.mark.processes]


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
