"""Having somebody told of alerts, whatever happens meanwhile."""

import asyncio
import socket
from itertools import pairwise
from types import SimpleNamespace

import msgspec
import pytest

from chorus.cluster.alerts import Notice, Phase, Standing
from chorus.cluster.manager import messenger
from chorus.cluster.manager.alerting import MOST_UNSENT, Alerting
from chorus.cluster.manager.errand import Ended
from chorus.cluster.manager.records import ALERTS, AlertsRecord, read, write
from chorus.cluster.messages import Start
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

    async def tell(way, site, spec, told_of):
        told.append(told_of.id)
        if len(told) == 1:  # runs when this task has ended, and before anybody was told that it has
            asyncio.get_running_loop().call_soon(alerting._keep, "shop", alerting._watched["shop"], [notice(2)])

    monkeypatch.setattr(messenger, "tell", tell)

    begin(alerting)

    await eventually(lambda: told == [notice(1).id, notice(2).id])


async def test_a_fault_in_telling_is_logged_and_the_next_notice_has_both_told(alerting, monkeypatch, caplog):
    told = []

    async def fail(way, site, spec, told_of):
        raise ValueError("embedded null byte")

    async def tell(way, site, spec, told_of):
        told.append(told_of.id)

    monkeypatch.setattr(messenger, "tell", fail)
    begin(alerting)
    await eventually(lambda: "alerts of shop: telling failed, 1 wait" in caplog.text)
    monkeypatch.setattr(messenger, "tell", tell)

    alerting._keep("shop", alerting._watched["shop"], [notice(2)])

    await eventually(lambda: told == [notice(1).id, notice(2).id])


@pytest.fixture
def blocked(monkeypatch):
    """What is being told, and goes on being told."""
    told = []

    async def tell(way, site, spec, told_of):
        told.append(told_of.id)
        await asyncio.Event().wait()

    monkeypatch.setattr(messenger, "tell", tell)
    return told


async def test_what_is_told_is_told_one_after_another(alerting, blocked):
    begin(alerting)
    await eventually(lambda: blocked)

    alerting._keep("shop", alerting._watched["shop"], [notice(2)])
    for _ in range(5):
        await asyncio.sleep(0)

    assert blocked == [notice(1).id]


async def test_who_is_closed_tells_nobody_any_more_and_leaves_the_rest_to_the_next(alerting, blocked, caplog):
    begin(alerting)
    await eventually(lambda: blocked)

    alerting.close()
    await eventually(lambda: not alerting._telling)

    assert [each.id for each in alerting._watched["shop"].record.unsent] == [notice(1).id]
    assert caplog.records == []


async def test_what_was_told_and_what_is_over_stands_in_the_notebook_no_more(alerting, monkeypatch):
    told, notebook = [], {}

    async def tell(way, site, spec, told_of):
        told.append(told_of.id)

    monkeypatch.setattr(messenger, "tell", tell)
    alerting._site.keeper.note = notebook.__setitem__
    standing = {key: Standing(Phase.RAISED, 1.0, 1.0) for key in ("shop:0/cpu", "shop:1/cpu")}
    record = AlertsRecord(raised=standing, texts=dict.fromkeys(standing, "busy"), unsent=(notice(1),))
    alerting.recover({f"{ALERTS}shop": write(record)})
    await eventually(lambda: notebook)
    kept = read(AlertsRecord, notebook[f"{ALERTS}shop"])

    watched = alerting._watched["shop"]
    del watched.standings["shop:0/cpu"]
    alerting._keep("shop", watched, [notice(2)])
    left = read(AlertsRecord, notebook[f"{ALERTS}shop"])
    watched.standings.clear()
    await eventually(lambda: notebook[f"{ALERTS}shop"] is None)

    assert (told, kept.unsent, kept.raised) == ([notice(1).id, notice(2).id], (), standing)
    assert left.texts == {"shop:1/cpu": "busy"}


async def test_what_cannot_be_read_of_alerts_is_logged_and_of_an_application_that_is_gone_nothing_stays(
    alerting, caplog
):
    notebook = {}
    alerting._site.keeper.note = notebook.__setitem__

    alerting.recover({f"{ALERTS}shop": "{", f"{ALERTS}gone": write(AlertsRecord()), "cluster": "{}"})

    assert "alerts of shop are judged anew" in caplog.text
    assert notebook == {f"{ALERTS}gone": None}


async def test_each_way_is_tried_again_ever_more_rarely_until_it_is_given_up(cluster, web, monkeypatch, caplog):
    """A webhook, whose address may stand in a variable, gets what Slack takes; a command gets all there is to know."""
    tried = []

    async def run(argv, *, given, environment, cwd, **_):
        tried.append((cluster.loop.time(), argv, msgspec.json.decode(given), environment, cwd))
        return Ended(1, "500 busy")

    monkeypatch.setattr(messenger.errand, "run", run)
    alerts = Alerts(webhook="$HOOK", command=("tell",))
    spec = msgspec.structs.replace(web, env={"HOOK": "https://hooks.example/T0"}, alerts=alerts)

    for way in messenger.ways(spec):
        await messenger.tell(way, cluster.manager.site, spec, notice(1))

    posts, runs = ([each for each in tried if each[1][-1] == word] for word in ("chorus.cluster.webhook", "tell"))
    assert len(posts) + len(runs) == len(tried)
    for tries in (posts, runs):
        gaps = [after[0] - before[0] for before, after in pairwise(tries)]
        assert gaps == pytest.approx(messenger.WAITS, abs=0.1)
    _, _, order, posting, _ = posts[0]
    assert order == {
        "url": "https://hooks.example/T0", "body": {"text": f"[{socket.gethostname()}] raised: shop:0 is busy"},
    }  # fmt: skip
    assert "HOOK" not in posting
    _, argv, read, environment, cwd = runs[0]
    assert (argv, read, cwd) == (("tell",), msgspec.to_builtins(notice(1)), "/srv/shop")
    assert (environment["CHORUS_ALERT"], environment["CHORUS_APP"]) == ("raised: shop:0 is busy", "web")
    assert caplog.text.count("the alert's command failed, given up: 500 busy") == 1


async def test_a_command_is_run_as_the_application_runs_and_a_webhook_is_told_as_we_do(cluster, monkeypatch):
    ran = []

    async def run(argv, *, user, group, **_):
        ran.append((argv[-1], user, group))
        return Ended(0, "")

    monkeypatch.setattr(messenger.errand, "run", run)
    alerts = Alerts(webhook="https://hooks.example/T0", command=("tell",))
    spec = ApplicationSpec(name="job", command=("job",), cwd="/", uid=7, gid=8, alerts=alerts)

    for way in messenger.ways(spec):
        await messenger.tell(way, cluster.manager.site, spec, notice(1))

    assert ran == [("chorus.cluster.webhook", None, None), ("tell", 7, 8)]


@pytest.fixture
async def away(alerting, monkeypatch):
    """What was told of three notices while the webhook cannot be reached; what stands in the notebook."""
    told, notebook, back = [], {}, asyncio.Event()

    async def tell(way, site, spec, notice):
        if way == "webhook":
            await back.wait()
        told.append((way, notice.id))

    monkeypatch.setattr(messenger, "tell", tell)
    alerting._site.keeper.note = notebook.__setitem__
    both = Alerts(webhook="https://hooks.example/T0", command=["true"])
    alerting._applications["shop"].spec = msgspec.structs.replace(alerting._applications["shop"].spec, alerts=both)
    begin(alerting)
    for number in (2, 3):
        alerting._keep("shop", alerting._watched["shop"], [notice(number)])
    await eventually(lambda: len(told) == 3, what="what can be told")
    return SimpleNamespace(told=told, notebook=notebook, back=back)


async def test_a_webhook_that_is_away_keeps_no_notice_from_the_command(away):
    """Who names both has one for when the other cannot be reached."""
    assert away.told == [("command", notice(number).id) for number in (1, 2, 3)]


async def test_a_webhook_that_comes_back_is_told_all_of_it_and_then_nothing_waits(away):
    away.back.set()

    await eventually(lambda: away.notebook[f"{ALERTS}shop"] is None, what="nothing that waits")
    assert away.told[3:] == [("webhook", notice(number).id) for number in (1, 2, 3)]


async def test_the_next_manager_tells_each_way_what_it_was_not_told(away, alerting):
    alerting.close()
    following = Alerting(alerting._applications, alerting._site)

    away.back.set()
    following.recover(dict(away.notebook))
    await eventually(lambda: away.notebook[f"{ALERTS}shop"] is None, what="nothing that waits")

    assert away.told[3:] == [("webhook", notice(number).id) for number in (1, 2, 3)]


async def test_what_waits_for_a_way_that_is_taken_out_waits_no_more(away, alerting):
    spec = alerting._applications["shop"].spec

    alerting._heed("shop", alerting._watched["shop"], msgspec.structs.replace(spec, alerts=Alerts(command=["true"])))

    assert away.notebook[f"{ALERTS}shop"] is None


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"command": ("/nonexistent/tell",)}, "/nonexistent/tell: No such file or directory"),
        ({"command": ("false",)}, "exited with 1"),
        ({"command": ("true",), "uid": "nobody-of-this-name"}, "nobody-of-this-name"),
    ],
    ids=["no program", "one that fails without a word", "no user"],
)
async def test_a_command_that_cannot_tell_says_why(monkeypatch, caplog, more, why):
    monkeypatch.setattr(messenger, "WAITS", ())
    site = SimpleNamespace(home="/h", environment={"PATH": "/usr/bin:/bin"})
    user = {name: value for name, value in more.items() if name == "uid"}
    spec = ApplicationSpec(name="job", command=("job",), cwd="/", alerts=Alerts(command=more["command"]), **user)

    await messenger.tell("command", site, spec, notice(1))

    assert "the alert's command failed, given up: " in caplog.text
    assert why in caplog.text


async def test_a_variable_that_holds_no_address_is_named(web, monkeypatch, caplog):
    monkeypatch.setattr(messenger, "WAITS", ())

    await messenger.tell("webhook", None, msgspec.structs.replace(web, alerts=Alerts(webhook="$HOOK")), notice(1))

    assert "found no address in the variable $HOOK, expected one that begins with http" in caplog.text


async def test_what_nobody_is_to_be_told_is_only_logged_and_of_too_much_the_oldest_is_dropped(cluster, web, caplog):
    """The log is one of the three ways; a notice waits only where there is a webhook or a command."""
    await cluster.ask(Start(applications=[web]))
    alerting = cluster.manager.alerting
    alerting.look()
    watched = alerting._watched["web"]

    alerting._keep("web", watched, [notice(1)])
    unsent = watched.record.unsent
    watched.spec = msgspec.structs.replace(web, alerts=Alerts(command=["true"]))
    alerting._keep("web", watched, [notice(number) for number in range(MOST_UNSENT + 1)])

    assert "alert raised: shop:0 is busy" in caplog.text
    assert unsent == ()
    assert [each.id for each in watched.record.unsent] == [notice(n).id for n in range(1, MOST_UNSENT + 1)]
    assert "shop:0/cpu/0/raised: dropped, too many alerts wait to be told" in caplog.text


async def test_the_next_manager_raises_nothing_twice_and_clears_what_was_raised(cluster, web, caplog):
    """What was told stands in the notebook."""
    lasting = Alerts(down=5.0)
    await cluster.ask(Start(applications=[msgspec.structs.replace(web, alerts=lasting, autorestart=False)]))
    cluster.keeper.end("web:0:1", code=1)
    await cluster.pass_time(10.0)
    before = [each.text for each in cluster.manager.alerting.raised()]

    await cluster.take_over()
    after = [each.text for each in cluster.manager.alerting.raised()]
    await cluster.pass_time(10.0)
    await cluster.ask(Start(targets=["web:0"]))
    await cluster.pass_time(10.0)

    assert before == after == ["web:0 has not been online for 5 s: exited with code 1"]
    told = [record.message.partition(":")[0] for record in caplog.records if record.message.startswith("alert ")]
    assert told == ["alert raised", "alert cleared"]
