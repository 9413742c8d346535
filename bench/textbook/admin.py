"""What the back office's pages are measured against: a changelist as the theme makes it, of a table without rows."""

from django.contrib import admin
from unfold.admin import ModelAdmin

from bench.textbook.models import OneRow


@admin.register(OneRow)
class OneRowAdmin(ModelAdmin):  # type: ignore[misc]  # unfold is untyped
    """Nothing set: no filter, no search, no column but the row's name."""
