"""The text that Prometheus reads, held against its own parser."""

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from chorus.cluster.exposition import text
from chorus.cluster.messages import ApplicationStatus, ClusterStatus, InstanceStatus, RaisedAlert

STATES = st.sampled_from(["starting", "online", "stopping", "stopped", "backing-off", "errored"])
WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"), max_size=8)
INSTANCES = st.builds(
    InstanceStatus, id=st.integers(0, 9), number=st.integers(0, 127), key=WORDS, state=STATES,
    memory=st.none() | st.integers(0, 1 << 40), cpu=st.none() | st.floats(0, 1e4), lag=st.none() | st.floats(0, 1e6),
)  # fmt: skip
APPLICATIONS = st.builds(
    ApplicationStatus, name=WORDS, namespace=WORDS, kind=st.just("asgi"), wanted=st.integers(0, 9),
    instances=st.lists(INSTANCES, max_size=3, unique_by=lambda each: each.number),
)  # fmt: skip
ALERTS = st.builds(RaisedAlert, WORDS, WORDS, st.just("cpu"), WORDS, st.floats(0, 1e6))


def parsed(status: ClusterStatus) -> dict[str, dict[tuple[str, ...], float]]:
    """Each sample's value, by its name and by its labels' values."""
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families(text(status)):
        for sample in family.samples:
            found.setdefault(sample.name, {})[tuple(sample.labels.values())] = sample.value
    return found


def test_every_value_that_is_known_is_a_sample_with_its_labels():
    chat = ApplicationStatus(
        name="chat", namespace="web", kind="asgi", wanted=2,
        instances=[
            InstanceStatus(id=0, number=0, key="a", state="online", memory=1 << 20, cpu=12.5, lag=0.25, restarts=3),
            InstanceStatus(id=1, number=1, key="chat:1:1", state="errored"),
        ],
    )  # fmt: skip
    alert = RaisedAlert("chat", "chat:1", "down", "…", 3.0)
    status = ClusterStatus(keeper_pid=1, manager_pid=2, home="/h", version="1.0", applications=[chat], alerts=[alert])

    found = parsed(status)

    assert found["chorus_instances_wanted"] == {("chat", "web"): 2.0}
    assert found["chorus_instance_up"] == {("chat", "0"): 1.0, ("chat", "1"): 0.0}
    assert found["chorus_instance_restarts_total"] == {("chat", "0"): 3.0, ("chat", "1"): 0.0}
    assert found["chorus_instance_cpu_ratio"] == {("chat", "0"): 0.125}
    assert found["chorus_instance_event_loop_lag_seconds"] == {("chat", "0"): 0.25}
    assert found["chorus_instance_state"] == {("chat", "0", "online"): 1.0, ("chat", "1", "errored"): 1.0}
    assert found["chorus_alert_raised"] == {("chat", "chat:1", "down"): 1.0}


@given(st.lists(APPLICATIONS, max_size=3, unique_by=lambda each: each.name), st.lists(ALERTS, max_size=2), WORDS)
def test_prometheus_own_parser_reads_what_was_meant(applications, alerts, version):
    """Whatever the names are: backslashes, quotes, line feeds."""
    status = ClusterStatus(
        keeper_pid=1, manager_pid=2, home="/h", version=version, applications=applications, alerts=alerts
    )
    found = parsed(status)

    memory = {(a.name, str(i.number)): i.memory for a in applications for i in a.instances if i.memory is not None}
    assert found.get("chorus_instance_memory_bytes", {}) == memory
    assert found["chorus_info"] == {(version,): 1.0}
    assert set(found.get("chorus_alert_raised", {})) == {(a.application, a.subject, "cpu") for a in alerts}
