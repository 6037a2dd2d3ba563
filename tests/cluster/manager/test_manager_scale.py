"""Other numbers of instances, and specifications no process knows of; the keeper below is in memory."""

from msgspec.structs import replace as but

from chorus.cluster.messages import (
    Adopt,
    Delete,
    Done,
    Failed,
    Rebalance,
    Scale,
    Start,
    Stop,
)

# Scale


async def test_scale_up_takes_the_lowest_free_numbers(cluster, web):
    await cluster.ask(Start(applications=[but(web, instances=3)]))
    await cluster.ask(Delete(["web:1"]))

    assert await cluster.ask(Scale("web", "+2")) == Done("web has 4 instances")
    assert [(i.number, i.id) for i in (await cluster.status()).instances] == [(0, 0), (1, 3), (2, 2), (3, 4)]


async def test_scale_down_ends_the_highest_numbers(cluster, web):
    await cluster.ask(Start(applications=[but(web, instances=4)]))

    assert await cluster.ask(Scale("web", "-1")) == Done("web has 3 instances")
    assert await cluster.ask(Scale("web", "1")) == Done("web has 1 instance")
    assert cluster.keeper.living() == ["web:0:1"]


async def test_scale_to_the_present_number_says_so(cluster, web):
    await cluster.ask(Start(applications=[web]))

    assert await cluster.ask(Scale("web", "2")) == Done("web has 2 instances already", changed=False)


async def test_scale_to_none_or_too_many_is_refused(cluster, web):
    await cluster.ask(Start(applications=[web]))

    assert isinstance(await cluster.ask(Scale("web", "0")), Failed)
    assert isinstance(await cluster.ask(Scale("web", "-2")), Failed)
    assert isinstance(await cluster.ask(Scale("web", "9999")), Failed)


async def test_what_is_stopped_or_is_no_single_application_is_not_scaled(cluster, web):
    await cluster.ask(Start(applications=[web, but(web, name="api", port=8001)]))
    await cluster.ask(Stop(["web"]))

    stopped, several = await cluster.ask(Scale("web", "4")), await cluster.ask(Scale("all", "4"))

    assert stopped == Failed("invalid", "web is stopped; start it first", [])
    assert several == Failed("invalid", '"all" names web, api, expected one application', [])


async def test_a_scale_whose_new_instance_fails_leaves_what_was(cluster, web):
    await cluster.ask(Start(applications=[web]))
    cluster.keeper.broken = lambda _: True

    assert isinstance(await cluster.ask(Scale("web", "4")), Failed)
    assert cluster.keeper.living() == ["web:0:1", "web:1:1"]
    assert await cluster.states() == ["online", "online"]


# Adopt


async def test_an_adopted_specification_holds_at_once_without_a_new_process(cluster, web):
    """The memory a running instance may hold is the new one, and what its shell passed on stays."""
    await cluster.ask(Start(applications=[but(web, inherited={"SHELL": "one"})]))

    answer = await cluster.ask(Adopt([but(web, max_memory_restart=1000, inherited={"SHELL": "two"})]))

    application = cluster.manager.applications["web"]
    assert answer == Done("web: holds from now on")
    assert len(cluster.keeper.spawned) == 2
    assert {i.spec.max_memory_restart for i in application.instances.values()} == {1000}
    assert application.spec.inherited == {"SHELL": "one"}


async def test_a_change_that_needs_new_processes_is_not_adopted(cluster, web):
    await cluster.ask(Start(applications=[web]))

    answer = await cluster.ask(Adopt([but(web, kill_timeout=3.0)]))

    assert (answer.code, answer.message) == ("invalid", "web: found a change that needs new processes; reload it")
    assert cluster.manager.applications["web"].spec == web


async def test_of_all_only_what_hands_over_is_rebalanced_and_nothing_to_do_is_no_failure(cluster, web):
    job = but(web, name="job", app=None, command=("job",), port=None, instances=1)
    await cluster.ask(Start(applications=[job]))

    assert await cluster.ask(Rebalance(["all"])) == Done("nothing that runs hands connections over", changed=False)
    assert isinstance(await cluster.ask(Rebalance(["job"])), Failed)
