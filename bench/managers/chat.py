"""The chat itself, as one command starts it: keeper, manager, two workers and a Valkey."""

from pathlib import Path

from bench.managers.chorus import Chorus


class Chat(Chorus):
    """What `chorus start` starts where there is no configuration."""

    name = "chorus"
    served = "chat"
    program: Path
    """The command of an installation."""

    def start(self) -> None:
        """With what is there by itself."""
        self.command = (str(self.program),)
        self.run("start")

    def _environment(self) -> dict[str, str]:
        return super()._environment() | {"PORT": str(self.port)}


def installed(program: Path) -> type[Chat]:
    """The chat of one installation."""
    return type("Chat", (Chat,), {"program": program})
