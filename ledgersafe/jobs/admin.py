"""The Jobs pages of the back office: each job's last and next run, and the state of worker and scheduler.

They replace django-celery-beat's own pages, which are unstyled and have inline scripts. Superusers change jobs, through
the use cases of `changes`; others with the view permission only see them.
"""

from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.timesince import timesince, timeuntil
from django_celery_beat import admin as beat
from django_celery_beat.models import ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask, SolarSchedule

from ledgersafe.backoffice.frame import BackOfficeAdmin
from ledgersafe.backoffice.pages import display
from ledgersafe.jobs import changes, own_jobs, state
from ledgersafe.jobs.forms import JobForm
from ledgersafe.tenants import staff
from ledgersafe.values.errors import DomainError

for model in (PeriodicTask, IntervalSchedule, CrontabSchedule, ClockedSchedule, SolarSchedule):
    if admin.site.is_registered(model):
        admin.site.unregister(model)

_OWN = "Built-in job: task and schedule come from the settings. You can switch it on and off, and run it now."
_FIXED = ("name", "task", "planned")
#: States of a job, and the kind of their badges.
_STATES = {"on time": "success", "late": "danger", "off": "info"}


class SuperusersOnly(BackOfficeAdmin):
    """Visible with the view permission, changed by superusers only."""

    list_per_page = 50

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return bool(request.user.is_superuser)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(request.user.is_superuser)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(request.user.is_superuser)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        with transaction.atomic():
            for row in queryset:
                self.delete_model(request, row)


@admin.register(PeriodicTask)
class JobAdmin(SuperusersOnly, beat.PeriodicTaskAdmin):  # type: ignore[misc]  # untyped
    """The list of jobs and the page of one."""

    form = JobForm
    change_form_template = None
    date_hierarchy = None
    list_display = ("name", "status", "planned", "ran", "due", "runs")
    list_filter = ("enabled",)
    search_fields = ("name", "task")
    ordering = ("name",)
    list_before_template = "jobs/alive_frame.html"
    empty_text = "Jobs appear when the scheduler starts for the first time. Is it running?"
    actions = ("enable_tasks", "disable_tasks", "toggle_tasks", "run_tasks")
    readonly_fields = ("ran", "due", "runs")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        if own_jobs.is_own(obj):
            return [
                (None, {"fields": ("name", "task", "enabled", "description"), "description": _OWN}),
                ("Schedule", {"fields": ("planned", "ran", "due", "runs")}),
            ]
        return [
            (None, {"fields": ("name", "regtask", "enabled", "description")}),
            ("Schedule", {"fields": ("interval", "crontab", "start_time", "one_off", "ran", "due", "runs")}),
            ("Arguments and limits", {"fields": ("args", "kwargs", "expire_seconds")}),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return (*self.readonly_fields, *(_FIXED if own_jobs.is_own(obj) else ()))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(super().has_delete_permission(request, obj) and not own_jobs.is_own(obj))

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        changes.save(obj, actor=staff.actor_of(request.user))

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        changes.delete(obj, actor=staff.actor_of(request.user))

    @admin.action(description="Switch on")
    def enable_tasks(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._switch(request, queryset, True)

    @admin.action(description="Switch off")
    def disable_tasks(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._switch(request, queryset, False)

    @admin.action(description="Switch on or off")
    def toggle_tasks(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._switch(request, queryset, None)

    @admin.action(description="Run now")
    def run_tasks(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        try:
            number = changes.run_now(_ids(queryset), actor=staff.actor_of(request.user))
        except DomainError as error:
            messages.error(request, error.message)
            return
        messages.success(request, f"{_jobs(number)} queued. A worker runs them when it is free.")

    def _switch(self, request: HttpRequest, queryset: QuerySet[Any], to: bool | None) -> None:
        number = changes.switch(_ids(queryset), to=to, actor=staff.actor_of(request.user))
        change = "switched on or off" if to is None else f"switched {'on' if to else 'off'}"
        messages.success(request, f"{_jobs(number)} {change}.")

    def get_urls(self) -> list[URLPattern]:
        alive = path("alive/", self.admin_site.admin_view(self.alive), name="jobs_alive")
        urls: list[URLPattern] = super().get_urls()
        return [alive, *urls]

    def alive(self, request: HttpRequest) -> HttpResponse:
        """The card above the list. It waits for answers: the page loads it after the list."""
        if not self.has_view_permission(request):
            return HttpResponse(status=403)
        now = timezone.now()
        late = [job.name for job in self.get_queryset(request) if state.is_late(job, now)]
        return TemplateResponse(request, "jobs/alive.html", {"alive": state.ask(), "late": late})

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        # Without Celery's clean-up of results, which this product does not store.
        return rows.exclude(task__startswith="celery.")

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions: dict[str, Any] = super().get_actions(request)
        return actions if request.user.is_superuser else {}

    @display(description="State", label=_STATES)
    def status(self, job: Any) -> str:
        if not job.enabled:
            return "off"
        return "late" if state.is_late(job, timezone.now()) else "on time"

    @display(description="Schedule")
    def planned(self, job: Any) -> str:
        if job.interval_id:
            return f"every {_span(job.interval)}"
        return str(job.crontab.human_readable) if job.crontab_id else "none"

    @display(description="Last run", ordering="last_run_at", empty_value="not yet")
    def ran(self, job: Any) -> str | None:
        # Before the first run it is the start of its interval (see `scheduler.begin_countdowns`).
        return _ago(job.last_run_at) if job.last_run_at and job.total_run_count else None

    @display(description="Runs", ordering="total_run_count")
    def runs(self, job: Any) -> int:
        return int(job.total_run_count)

    @display(description="Next run", empty_value="–")
    def due(self, job: Any) -> str | None:
        at = state.next_run(job) if job.pk else None
        return _ahead(at) if at else None


class ScheduleAdmin(SuperusersOnly):
    """A schedule; those of the product's own jobs are read-only."""

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(super().has_change_permission(request, obj) and not (obj and own_jobs.runs_own_jobs(obj)))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(super().has_delete_permission(request, obj) and not (obj and own_jobs.runs_own_jobs(obj)))

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        changes.save_schedule(obj, actor=staff.actor_of(request.user))

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        changes.delete_schedule(obj, actor=staff.actor_of(request.user))


@admin.register(IntervalSchedule)
class IntervalAdmin(ScheduleAdmin):
    """Schedules by interval."""

    list_display = ("__str__",)
    empty_text = "An interval sets how often a job runs, like every 60 seconds."


@admin.register(CrontabSchedule)
class CrontabAdmin(ScheduleAdmin):
    """Schedules by time of day and date."""

    list_display = ("human_readable", "timezone")
    empty_text = "A crontab sets the times at which a job runs, like every night at three."


def _ids(jobs: QuerySet[Any]) -> list[int]:
    return list(jobs.values_list("pk", flat=True))


def _jobs(number: int) -> str:
    return f"{number} job" if number == 1 else f"{number} jobs"


def _span(interval: Any) -> str:
    """An interval in its largest whole unit: `minute` for 60 seconds, `2 hours` for 7200."""
    unit = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86_400}.get(interval.period)
    if unit is None:
        return f"{interval.every} {interval.period}"
    seconds = interval.every * unit
    for size, name in ((86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second")):
        if seconds % size == 0:
            number = seconds // size
            return name if number == 1 else f"{number} {name}s"
    return f"{seconds} seconds"


def _ago(at: datetime) -> str:
    away = timezone.now() - at
    return f"{away.seconds} seconds ago" if away.days == 0 and away.seconds < 60 else f"{_plain(timesince(at))} ago"


def _ahead(at: datetime) -> str:
    seconds = int((at - timezone.now()).total_seconds())
    if seconds < 0:
        return f"due since {_plain(timesince(at))}" if seconds < -60 else "now"
    return f"in {seconds} seconds" if seconds < 60 else f"in {_plain(timeuntil(at))}"


def _plain(text: str) -> str:
    return text.replace("\xa0", " ")
