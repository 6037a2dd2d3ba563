"""Which rows there are, which one is selected, and what is remembered of each."""

from chorus.cluster.cli.monitor.selection import Selection
from chorus.cluster.cli.monitor.trails import LENGTH, Trails
from chorus.cluster.messages import InstanceSamples, SampleSeries
from cluster.cli.monitor.stage import application, cluster, evening, instance


def test_the_same_instance_stays_selected_while_others_come_and_go():
    selection = Selection()
    selection.show(evening())
    selection.select(3)
    assert selection.row.target == "chat:2"

    selection.show(cluster(application("new", instance(0)), *evening().applications))

    assert selection.row.target == "chat:2"


def test_when_the_selected_instance_goes_its_neighbour_is_selected():
    selection = Selection()
    selection.show(cluster(application("chat", instance(0), instance(1))))
    selection.select(1)

    selection.show(cluster(application("chat", instance(0))))

    assert selection.row.target == "chat:0"
    selection.show(None)
    assert selection.row is None


def test_the_rows_that_are_shown_are_those_around_the_selected_one():
    selection = Selection()
    selection.show(cluster(application("chat", *(instance(n) for n in range(20)))))

    windows = []
    for place in (0, 10, 19):
        selection.select(place)
        windows.append(list(selection.window(4)))

    assert windows == [[0, 1, 2, 3], [8, 9, 10, 11], [16, 17, 18, 19]]


def test_a_trail_begins_with_what_the_manager_remembers_and_is_bounded():
    trails = Trails()
    seen = InstanceSamples(
        application="chat", number=0, summaries={}, values={"cpu": [1.0, None], "memory": [], "lag": []}
    )
    trails.begin(SampleSeries(1.0, [seen]))

    trails.add(cluster(application("chat", instance(0, cpu=3.0))))
    assert list(trails.of("chat", 0).cpu) == [1.0, None, 3.0]

    for _ in range(2 * LENGTH):
        trails.add(cluster(application("chat", instance(0))))
    assert len(trails.of("chat", 0).cpu) == LENGTH
    trails.add(cluster())
    assert list(trails.of("chat", 0).cpu) == []
