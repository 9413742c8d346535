"""Labels of choices in forms."""


class ExplainedLabel(str):
    """A choice's label with its meaning; as a pair, Django would take it for a group of choices."""

    meaning: str

    def __new__(cls, name: str, meaning: str) -> "ExplainedLabel":
        word = super().__new__(cls, name)
        word.meaning = meaning
        return word

    def __deepcopy__(self, _: dict[int, object]) -> "ExplainedLabel":
        """Return itself: forms copy their choices, and this is immutable."""
        return self
