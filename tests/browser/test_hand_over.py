"""The page while its worker is replaced: it does not notice."""

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


def test_a_page_stays_online_while_the_chat_is_reloaded(cluster: Cluster, chromium: Chromium) -> None:
    """Row 18: the same socket before and after; what is written meanwhile arrives."""
    ada = Person(chromium, cluster.address, "ada")
    ada.sign_up("Ada Lovelace")
    before = {instance["pid"] for instance in cluster.instances().values()}
    ada.page.evaluate(_WATCH)
    ada.say("before")

    reloaded = cluster.chorus("reload", within=200)

    ada.say("after")
    until(lambda: ada.has_all({"before", "after"}), within=30, what="both messages to be sent")
    assert reloaded.returncode == 0, reloaded.stderr
    assert before.isdisjoint(instance["pid"] for instance in cluster.instances().values())
    assert set(ada.page.evaluate("window.connections")) <= {"online"}
    assert ada.texts() == ["before", "after"]
    assert ada.errors == []
