from django.urls import re_path

from exceptions import views

urlpatterns = [
    re_path(r"^exceptions/?$", views.CasesView.as_view(), name="exceptions"),
    re_path(r"^exceptions/(?P<case_id>[^/]+)/?$", views.CaseView.as_view(), name="exception"),
]
