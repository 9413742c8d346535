"""The reader of console blocks: a command that it overlooked would be a command that nobody tests."""

import pytest

from tests.flows.console import Command, commands_of, is_printed

PAGE = """
```console
$ first          # with a remark
$ second '{
    "a": 1}' | sort
answer …
and more
$ third \\
    --long
```

```python
$ none
```

```console
$ fourth
```
"""


def test_commands_end_with_their_quotes_and_continued_lines() -> None:
    assert commands_of(PAGE) == [
        Command("first          # with a remark", []),
        Command("second '{\n    \"a\": 1}' | sort", ["answer …", "and more"]),
        Command("third \\\n    --long", []),
        Command("fourth", []),
    ]


@pytest.mark.parametrize(
    ("line", "output", "is_there"),
    [
        ('{"id":1,…,"result":"processed"}', '{"id":1,"x":2,"result":"processed"}', True),
        ('{"id":1,…,"result":"processed"}', '{"id":1,"x":2,"result":"duplicate"}', False),
        ("one … three", "one\n  two\n  three", True),
        ("three … one", "one two three", False),
        ("a.c", "abc", False),
    ],
)
def test_an_answer_is_compared_up_to_what_differs_from_run_to_run(line: str, output: str, is_there: bool) -> None:
    assert is_printed(line, output) is is_there
