"""`chorus info`: versions, paths and addresses."""

import platform
import sys

import msgspec

from chorus.cluster.cli import asking, daemon, samples_view, status_view
from chorus.cluster.cli.env import covered
from chorus.cluster.cli.failure import OK, usage
from chorus.cluster.cli.product import Context
from chorus.cluster.messages import Samples
from chorus.cluster.series import DAY, HOUR
from chorus.cluster.spec import ApplicationSpec


def run(context: Context) -> int:
    """Show what an operator, or a report of a fault, needs; it works without a manager too."""
    if context.arguments.given("samples"):
        return _samples(context)
    if context.arguments.operands:
        return _describe(context)
    facts: dict[str, str] = {
        "version": context.product.version,
        "python": f"{platform.python_version()} ({sys.executable})",
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "home": context.home.path,
        "daemon log": context.home.daemon_log,
    }
    if daemon.answers(context.home):
        status = asking.status(context)
        facts["keeper"] = f"pid {status.keeper_pid}"
        facts["manager"] = f"pid {status.manager_pid}, version {status.version}"
        for application in status.applications:
            online = sum(instance.state == "online" for instance in application.instances)
            address = f", {status_view.url(application.address)}" if application.address else ""
            told = f"; {status_view.resumed(application)}" if application.resumed else ""
            facts[application.name] = f"{online} of {application.wanted} online{address}{told}"
    else:
        facts["manager"] = "not running"
        if left := daemon.left_behind(context.home):
            facts["keeper"] = "was killed; chorus start ends what is left and starts anew, chorus kill ends it"
            facts["left behind"] = ", ".join(left)

    if context.arguments.given("json"):
        context.terminal.say(msgspec.json.format(msgspec.json.encode(facts), indent=2).decode())
        return OK
    width = max(len(name) for name in facts)
    for name, fact in facts.items():
        context.terminal.say(f"{context.terminal.paint(f'{name:<{width}}', 'bold')}  {fact}")
    return OK


def _describe(context: Context) -> int:
    """How an application is specified: what differs from the defaults, and every option for a program."""
    for description in asking.descriptions(context, context.arguments.operands):
        spec = _with_covered_webhook(msgspec.structs.replace(description.spec, inherited={}))
        variables = {name: covered(name, value) for name, value in spec.variables.items()}
        hour = asking.samples(context, Samples(targets=[spec.name], last=HOUR, values=False))
        known: dict[str, object] = {**msgspec.to_builtins(spec), "env": variables, "environments": [*spec.environments]}
        if context.arguments.given("json"):
            known["last_hour"] = {str(each.number): each.summaries for each in hour.instances}
            context.terminal.say(msgspec.json.format(msgspec.json.encode(known), indent=2).decode())
            continue
        defaults = {field.name: field.default for field in msgspec.structs.fields(spec)}
        shown = {name: known[name] for name in known if getattr(spec, name) != defaults[name] and known[name]}
        shown |= _log_files(spec)
        width = max(len(name) for name in shown)
        for name, value in shown.items():
            text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
            context.terminal.say(f"{context.terminal.paint(f'{name:<{width}}', 'bold')}  {text}")
        terminal = context.terminal
        now = [each for each in asking.status(context).applications if each.name == spec.name]
        for line in ["", *status_view.instances(now, terminal.paint, terminal.width)]:
            terminal.say(line)
        for line in ["", *samples_view.lines(hour, "the last hour", terminal.paint, terminal.width)]:
            terminal.say(line)
        for line in _last_troubles(context, spec.name):
            context.terminal.say(line)
    return OK


def _log_files(spec: ApplicationSpec) -> dict[str, str]:
    """Where it logs, in full: of the first instance where each has files of its own."""
    given = {"out_file": spec.out_file, "error_file": spec.error_file, "combined_file": spec.combined_file}
    return {name: spec.log_path(path, 0) for name, path in given.items() if path is not None}


def _samples(context: Context) -> int:
    """What was seen of instances: for a person the extremes, for a program every value."""
    span = context.arguments.text("samples")
    if span not in ("hour", "day"):
        raise usage(f'info: --samples: found "{span}", expected hour or day')
    wanted = context.arguments.given("json")
    last = HOUR if span == "hour" else DAY
    seen = asking.samples(context, Samples(targets=context.arguments.operands, span=span, last=last, values=wanted))
    if wanted:
        context.terminal.say(msgspec.json.encode(seen).decode())
        return OK
    for line in samples_view.lines(seen, f"the last {span}", context.terminal.paint, context.terminal.width):
        context.terminal.say(line)
    return OK


def _with_covered_webhook(spec: ApplicationSpec) -> ApplicationSpec:
    """The specification with an address covered that stands in it and not in a variable: it may be a secret."""
    webhook = spec.alerts.webhook
    if webhook is None or webhook.startswith("$"):
        return spec
    alerts = msgspec.structs.replace(spec.alerts, webhook=covered("webhook", webhook))
    return msgspec.structs.replace(spec, alerts=alerts)


def _last_troubles(context: Context, name: str) -> list[str]:
    """Why its instances last were not online, and what became of a reload that was interrupted, for a person."""
    applications = [each for each in asking.status(context).applications if each.name == name]
    failures = [
        f"{name}:{i.number} last failed {status_view.duration(i.last_failure_age or 0.0)} ago: {i.last_failure}"
        for each in applications
        for i in each.instances
        if i.last_failure is not None
    ]
    return failures + [f"{name}: {status_view.resumed(each)}" for each in applications if each.resumed]
