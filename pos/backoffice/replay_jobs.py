"""Show bulk replays and their progress in the back office. The page polls while its job runs."""

from datetime import datetime

from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString

from ledgersafe.backoffice.frame import ReadOnlyModelAdmin
from pos.models import JobStatus, ReplayJob

#: htmx's own status: swap the content and stop polling.
_STOP_ASKING = 286
_BADGES = {JobStatus.QUEUED: "ls-info", JobStatus.RUNNING: "ls-warn", JobStatus.DONE: "ls-ok"}


class ReplayJobAdmin(ReadOnlyModelAdmin):
    """The list of bulk replays, newest first, and the page of one."""

    list_display = ("id", "reason_code", "tenant", "progress", "state", "requested_by", "created_at", "finished_at")
    list_filter = ("tenant", "status")
    list_select_related = ("tenant",)
    ordering = ("-id",)
    empty_text = "No bulk replays yet. A supervisor starts one from the exceptions inbox."
    fields = ("tenant", "reason_code", "notes", "requested_by", "created_at", "last_progress", "finished_at")
    readonly_fields = ("last_progress",)
    change_form_before_template = "pos/replay_job.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReplayJob]:
        rows: QuerySet[ReplayJob] = super().get_queryset(request)
        return rows.select_related("tenant")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self._progress_view)
        own = [path("<int:job_id>/progress/", view, name="pos_replayjob_progress")]
        urls: list[URLPattern] = super().get_urls()
        return own + urls

    def _progress_view(self, request: HttpRequest, job_id: int) -> HttpResponse:
        job = self.get_queryset(request).filter(pk=job_id).first() if self.has_view_permission(request) else None
        if job is None:
            raise Http404
        numbers = {name: f"{getattr(job, name):,}" for name in ("total", "resolved", "refused")}
        context = {"job": job, "refusals": _refusals(job)} | numbers
        status = _STOP_ASKING if job.status == JobStatus.DONE else 200
        response = render(request, "pos/_replay_progress.html", context, status=status)
        response.headers["Cache-Control"] = "no-store, private"
        return response

    @admin.display(description="Progress")
    def progress(self, job: ReplayJob) -> SafeString:
        done = job.done_count
        return format_html(
            '<progress class="rv-progress" max="{}" value="{}">{}</progress> <span class="ls-num">{} of {}</span>',
            max(job.total, done, 1), done if job.total else 1, done, f"{done:,}", f"{max(job.total, done):,}",
        )  # fmt: skip

    @admin.display(description="Last progress")
    def last_progress(self, job: ReplayJob) -> datetime | None:
        return job.moved_at

    @admin.display(description="State", ordering="status")
    def state(self, job: ReplayJob) -> SafeString:
        badge = _BADGES[JobStatus(job.status)]
        return format_html('<span class="ls-badge {}">{}</span>', badge, job.get_status_display())


def _refusals(job: ReplayJob) -> list[tuple[str, str]]:
    return [(code, f"{number:,}") for code, number in sorted(job.refusals.items(), key=lambda row: -row[1])]
