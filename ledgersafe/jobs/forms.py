"""The form of a scheduled job."""

from typing import Any

from django import forms
from django_celery_beat import admin as beat
from unfold.widgets import UnfoldAdminSelectWidget

from ledgersafe.jobs import own_jobs


class JobForm(beat.PeriodicTaskForm):  # type: ignore[misc]  # untyped
    """A job. Tasks are chosen from the product's own list; the task of an own job cannot be changed."""

    regtask = forms.ChoiceField(label="Task", widget=UnfoldAdminSelectWidget)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if own_jobs.is_own(self.instance):
            for name in ("regtask", "task"):
                self.fields.pop(name, None)
        else:
            choice: Any = self.fields["regtask"]
            choice.choices = [("", "–"), *((name, name) for name in own_jobs.known_tasks())]
            choice.initial = self.instance.task
        for name in {"description", "args", "kwargs"} & self.fields.keys():
            self.fields[name].widget.attrs["rows"] = 2

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if name in own_jobs.own_names():
            raise forms.ValidationError("This is the name of one of the product's own jobs.")
        return name

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = self.cleaned_data
        if values.get("regtask"):
            values = super().clean()
            self.instance.task = values["regtask"]
        return values
