"""What is saved is restored as it was; the keeper below is in memory and the clock jumps."""

import msgspec

from chorus.cluster.changes import Known, compare
from chorus.cluster.cli import saved
from chorus.cluster.cli.home import Home
from chorus.cluster.messages import Delete, Describe, Done, Restore, Start, Stop
from chorus.cluster.spec import ApplicationSpec

ONCE = ApplicationSpec(name="once", script="migrate.py", cwd="/srv/shop", autorestart=False)


async def test_a_program_that_ended_as_it_is_meant_to_is_not_started_by_the_next_deployment(cluster, home):
    """It ran once and well: after saving and restoring there is still nothing to do for it."""
    await cluster.ask(Start(applications=[ONCE]))
    cluster.keeper.end("once:0:1", code=0)
    await cluster.settle()
    kept = Home(str(home))
    kept.prepare()
    saved.write(kept, await cluster.ask(Describe()))
    await cluster.ask(Delete(["once"]))

    await cluster.ask(Restore(saved.read(kept).applications))

    [there] = (await cluster.ask(Describe())).applications
    known = Known(there.spec, 1, runs=False, finished=all(role.finished for role in there.instances))
    [step] = compare({"once": known}, [ONCE], source="", prune=False)
    assert step.action == "none"
    assert not cluster.keeper.living()


async def everything(cluster):
    """Numbers and states of the instances, by application."""
    found = (await cluster.ask(Describe())).applications
    return {each.spec.name: [(role.number, role.runs) for role in each.instances] for each in found}


async def test_numbers_and_states_come_back_and_what_is_there_is_left_alone(cluster, web):
    """Row 41: an instance that was deleted is not missed, one that was stopped stays stopped."""
    job = msgspec.structs.replace(web, name="job", port=8001)
    await cluster.ask(Start(applications=[msgspec.structs.replace(web, instances=3), job]))
    await cluster.ask(Delete(["web:1"]))
    await cluster.ask(Stop(["job:0"]))
    saved_ones, before = (await cluster.ask(Describe())).applications, await everything(cluster)
    await cluster.ask(Delete(["web"]))

    answer = await cluster.ask(Restore(saved_ones))

    assert answer == Done("restored web")
    assert before == {"web": [(0, True), (2, True)], "job": [(0, False), (1, True)]}
    assert await everything(cluster) == before
    assert await cluster.ask(Restore(saved_ones)) == Done("all of it is there already", changed=False)
    assert cluster.keeper.living() == ["job:1:1", "web:0:1", "web:2:1"]


async def test_one_that_does_not_start_keeps_no_other_one_from_it(cluster, web):
    """Row 41: after a boot nobody is there to see to it."""
    job = msgspec.structs.replace(web, name="job", port=8001)
    await cluster.ask(Start(applications=[web, job]))
    saved_ones = (await cluster.ask(Describe())).applications
    await cluster.ask(Delete(["all"]))
    cluster.keeper.broken = lambda child: child.key.startswith("web")

    answer = await cluster.ask(Restore(saved_ones))

    assert answer.message.startswith("web:0:1 was not started: ")
    assert cluster.keeper.living() == ["job:0:1", "job:1:1"]
