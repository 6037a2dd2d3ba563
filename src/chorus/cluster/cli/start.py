"""`chorus start`: sees to it that a manager runs, hands over what is to be started, says where it is reached.

A start that fails leaves things as they were: when it had to start the keeper, it ends it again.
"""

from chorus.cluster.cli import asking, daemon, ending, launching, started, wanted
from chorus.cluster.cli.failure import OK, CommandFailed
from chorus.cluster.cli.product import Context
from chorus.cluster.cli.start_plan import Plan, plan
from chorus.cluster.messages import Configure, Done, Kill, Scale, Start


def run(context: Context) -> int:
    """Start what the command line names."""
    context.home.prepare()
    asked = plan(context)
    for spec in asked.specs:
        wanted.check(context, spec)

    try:
        done = _run(context, asked)
    except CommandFailed as error:
        if error.reason != "ending":
            raise
        context.terminal.note("chorus kill is ending everything; starting when that is done")
        daemon.wait_for_end(context.home)
        done = _run(context, asked)
    started.report(context, asked, done)
    return OK


def _run(context: Context, asked: Plan) -> Done:
    """Start it, with a keeper that is there or one of our own."""
    launched = False
    try:
        with launching.handing_over(context.home, context.environment) as launched:
            try:
                return _start(context, asked)
            except CommandFailed:
                if launched:
                    _end(context)
                raise
    except KeyboardInterrupt:
        context.terminal.note(_left_behind(context, asked, launched=launched))
        raise


def _left_behind(context: Context, asked: Plan, *, launched: bool) -> str:
    """How an interrupted start leaves things."""
    if launched or daemon.keeper_pid(context.home) is None:
        return "interrupted: nothing was left running"
    names = " ".join([*(spec.name for spec in asked.specs), *asked.targets])
    return f"interrupted: the start goes on; chorus status shows how far it is, chorus stop {names} ends it"


def _start(context: Context, asked: Plan) -> Done:
    if asked.cluster is not None:
        asking.done(context, Configure(asked.cluster))
    done = asking.done(
        context,
        Start(
            applications=list(asked.specs),
            targets=list(asked.targets),
            if_absent=asked.if_absent,
            must_be_new=asked.must_be_new,
        ),
    )
    if asked.builtin and (number := wanted.asked_instances(context)) is not None:  # also of what ran already
        scaled = asking.done(context, Scale(context.product.primary, str(number)))
        return scaled if scaled.changed else done
    return done


def _end(context: Context) -> None:
    """End the keeper that this command started; the error that led here matters more than one in this."""
    try:
        with ending.until_gone(context.home):
            asking.done(context, Kill())
    except CommandFailed as error:
        if not ending.end_by_signal(context.home):
            return
        context.terminal.note(f"the manager did not end by itself: {error.message}")
