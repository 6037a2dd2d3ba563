"""Having somebody told of alerts, whatever happens meanwhile."""

import asyncio
from types import SimpleNamespace

import pytest

from chorus.cluster.alerts import Notice
from chorus.cluster.manager import messenger
from chorus.cluster.manager.alerting import Alerting
from chorus.cluster.manager.records import ALERTS, AlertsRecord, write
from chorus.cluster.spec import ApplicationSpec
from chorus.cluster.spec.alerts import Alerts
from waiting import eventually


def notice(number):
    return Notice(
        id=f"shop:0/cpu/{number}/raised", change="raised", application="shop", subject="shop:0", kind="cpu",
        value=95.0, threshold=90.0, at=0.0, text="shop:0 is busy",
    )  # fmt: skip


@pytest.fixture
def alerting():
    """With one notice that an earlier manager left."""
    spec = ApplicationSpec(name="shop", command=["true"], cwd="/", alerts=Alerts(command=["true"]))
    site = SimpleNamespace(now=lambda: 0.0, keeper=SimpleNamespace(note=lambda *_: None))
    made = Alerting({"shop": SimpleNamespace(spec=spec)}, site)
    yield made
    made.close()


def begin(alerting):
    alerting.recover({f"{ALERTS}shop": write(AlertsRecord(unsent=(notice(1),)))})


async def test_what_is_raised_when_the_last_notice_was_just_told_is_told_as_well(alerting, monkeypatch):
    told = []

    async def tell(site, spec, told_of):
        told.append(told_of.id)
        if len(told) == 1:  # runs when this task has ended, and before anybody was told that it has
            asyncio.get_running_loop().call_soon(alerting._keep, "shop", alerting._watched["shop"], [notice(2)])

    monkeypatch.setattr(messenger, "tell", tell)

    begin(alerting)

    await eventually(lambda: told == [notice(1).id, notice(2).id])


async def test_a_fault_in_telling_is_logged_and_the_next_notice_has_both_told(alerting, monkeypatch, caplog):
    told = []

    async def fail(site, spec, told_of):
        raise ValueError("embedded null byte")

    async def tell(site, spec, told_of):
        told.append(told_of.id)

    monkeypatch.setattr(messenger, "tell", fail)
    begin(alerting)
    await eventually(lambda: "alerts of shop: telling failed, 1 wait" in caplog.text)
    monkeypatch.setattr(messenger, "tell", tell)

    alerting._keep("shop", alerting._watched["shop"], [notice(2)])

    await eventually(lambda: told == [notice(1).id, notice(2).id])
