"""The settings of a command, read from its environment and refused in the command line's own words."""

from collections.abc import Mapping

from chorus.chat.domain.errors import Invalid
from chorus.cluster.cli.failure import CommandFailed
from chorus.entry.data_folder import missing_folder
from chorus.entry.settings import Settings, SettingsError, from_environment


def checked_settings(environment: Mapping[str, str], *, home: str, directory: str) -> Settings:
    """The settings that the chat would have, started in `directory`. Nothing is written.

    Raises:
        CommandFailed: variables are wrong, all of which are named; or the folder of the database is not there.
    """
    try:
        settings = from_environment({**environment, "CHORUS_HOME": home})
        missing = missing_folder(settings, directory)
    except SettingsError as error:
        raise refusal(error) from error
    except Invalid as error:
        raise CommandFailed(str(error)) from error
    if missing is not None:
        raise CommandFailed(
            f"DATABASE_URL: found a file in {missing}, which does not exist; expected an existing folder: "
            "make it, or name another file"
        )
    return settings


def refusal(error: SettingsError) -> CommandFailed:
    """What the operator is told: the first wrong variable as the message, the others below it."""
    first, *others = [str(problem) for problem in error.problems]
    return CommandFailed(first, others)
