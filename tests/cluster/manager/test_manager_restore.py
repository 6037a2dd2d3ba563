"""What is saved is restored as it was; the keeper below is in memory and the clock jumps."""

from chorus.cluster.changes import Known, compare
from chorus.cluster.cli import saved
from chorus.cluster.cli.home import Home
from chorus.cluster.messages import Delete, Describe, Restore, Start
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
