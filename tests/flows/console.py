"""Console blocks of documents: the commands in them, and the answers printed below the commands."""

import re
from typing import NamedTuple

#: Stands for text that differs from run to run.
ANYTHING = "…"


class Command(NamedTuple):
    """A command as printed, and the lines of its answer that are printed with it."""

    text: str
    answer: list[str]


def commands_of(text: str) -> list[Command]:
    """Commands of the console blocks: from `$ ` to the end of their quotes and continued lines."""
    commands: list[Command] = []
    for block in re.findall(r"```console\n(.*?)```", text, re.DOTALL):
        is_open = False
        for line in block.splitlines():
            if line.startswith("$ "):
                commands.append(Command(line.removeprefix("$ "), []))
            elif is_open:
                commands[-1] = Command(f"{commands[-1].text}\n{line}", [])
            else:
                commands[-1].answer.append(line)
            is_open = not commands[-1].answer and _continues(commands[-1].text)
    return commands


def _continues(command: str) -> bool:
    return command.endswith("\\") or command.count("'") % 2 == 1


def is_printed(line: str, output: str) -> bool:
    """True when the output has the line, with whatever stands for `…`, its spaces counted as one."""
    pattern = ".*".join(re.escape(" ".join(part.split())) for part in line.split(ANYTHING))
    return re.search(pattern, " ".join(output.split())) is not None
