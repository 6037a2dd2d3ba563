"""Which alerts are raised: by the rules of the specification, about what was seen."""

import msgspec

from chorus.cluster.alerts import Phase, Standing
from chorus.cluster.manager.records import ALERTS, AlertsRecord, write
from chorus.cluster.manager.samples import Sample
from chorus.cluster.messages import Start, Stop
from chorus.cluster.spec.alerts import Alerts


async def test_other_rules_hold_from_the_next_look_on_and_the_oldest_alert_comes_first(cluster, web):
    await cluster.ask(Start(applications=[web]))
    application, alerting = cluster.manager.applications["web"], cluster.manager.alerting
    for number in (1, 0):
        application.instances[number].process.lag = 0.5
        application.adopt(msgspec.structs.replace(web, alerts=Alerts(lag=0.2, lag_for=0)))
        alerting.look()
        cluster.loop.jump(5.0)

    assert [each.subject for each in alerting.raised()] == ["web:1", "web:0"]
    application.adopt(msgspec.structs.replace(web, alerts=Alerts(lag=0)))
    alerting.look()
    assert alerting.raised() == []


async def test_a_new_manager_says_nothing_of_errors_until_it_has_counted_them_for_a_minute(cluster, web):
    spec = msgspec.structs.replace(web, alerts=Alerts(errors=10))
    await cluster.ask(Start(applications=[spec]))
    alerting = cluster.manager.alerting
    record = AlertsRecord(raised={"web/errors": Standing(Phase.RAISED, 0.0, 0.0)})
    alerting.recover({f"{ALERTS}web": write(record)})

    alerting.look()
    soon = [each.kind for each in alerting.raised()]
    cluster.loop.jump(61.0)
    alerting.look()

    assert (soon, alerting.raised()) == (["errors"], [])


ALL_AT_ONCE = Alerts(
    memory=1000, memory_for=0, cpu=50, cpu_for=0, lag=0.2, lag_for=0, restarts=1, restarts_within=100.0, down=0.01,
    logs=0.01,
)  # fmt: skip


async def test_each_kind_is_about_what_was_seen(cluster, web):
    """An instance at its thresholds, one that was restarted, one that is errored, and a log file on a full disk."""
    spec = msgspec.structs.replace(web, instances=3, alerts=ALL_AT_ONCE, max_restarts=1, restart_delay=0.0)
    await cluster.ask(Start(applications=[spec]))
    cluster.keeper.end("web:1:1", code=1)
    for key in ("web:2:1", "web:2:2"):
        cluster.keeper.end(key, code=1)
        await cluster.settle()
    busy = cluster.manager.applications["web"].instances[0]
    busy.process.sample, busy.process.lag = Sample(memory=1000, cpu=50.0), 0.2
    cluster.manager.site.failing_logs["/srv/shop/logs/err.log"] = "No space left on device"
    alerting = cluster.manager.alerting

    alerting.look()
    cluster.loop.jump(0.02)
    alerting.look()

    raised = {(each.subject, each.kind): each.text for each in alerting.raised()}
    assert raised.keys() == {
        *(("web:0", kind) for kind in ("memory", "cpu", "lag")), ("web:1", "restarts"), ("web:2", "down"),
        ("web", "logs"),
    }  # fmt: skip
    assert "No space left on device" in raised["web", "logs"]
    assert "restarted 1 times in 0 s" in raised["web:2", "down"]


async def test_restarts_are_counted_as_long_as_is_said_and_what_an_operator_stopped_is_not_down(cluster, web):
    spec = msgspec.structs.replace(web, alerts=ALL_AT_ONCE, restart_delay=0.0)
    await cluster.ask(Start(applications=[spec]))
    cluster.keeper.end("web:0:1", code=1)
    await cluster.settle()
    await cluster.ask(Stop(["web:1"]))
    alerting = cluster.manager.alerting

    alerting.look()
    soon = [(each.subject, each.kind) for each in alerting.raised()]
    cluster.loop.jump(101.0)
    alerting.look()

    assert (soon, alerting.raised()) == ([("web:0", "restarts")], [])


async def test_what_a_failed_start_stopped_is_down_as_well(cluster, web):
    await cluster.ask(Start(applications=[msgspec.structs.replace(web, alerts=ALL_AT_ONCE)]))
    await cluster.ask(Stop(["web"]))
    cluster.keeper.broken = lambda child: child.key.startswith("web:1")
    await cluster.ask(Start(targets=["web"]))
    alerting = cluster.manager.alerting

    alerting.look()
    cluster.loop.jump(0.02)
    alerting.look()

    assert [each.text for each in alerting.raised()] == [
        "web:0 has not been online for 0.01 s: web:1:2 did not start with it",
        "web:1 has not been online for 0.01 s: exited with code 1 before it was ready",
    ]
