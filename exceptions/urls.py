from django.urls import re_path

from exceptions.desk import views

urlpatterns = [
    re_path(r"^exceptions/?$", views.CasesView.as_view(), name="exceptions"),
    re_path(r"^exceptions/bulk-resolve/?$", views.BulkResolveView.as_view(), name="exceptions-bulk-resolve"),
    re_path(r"^exceptions/(?P<case_id>[^/]+)/?$", views.CaseView.as_view(), name="exception"),
    re_path(r"^exceptions/(?P<case_id>[^/]+)/resolve/?$", views.ResolveView.as_view(), name="exception-resolve"),
    re_path(r"^exceptions/(?P<case_id>[^/]+)/preview/?$", views.PreviewView.as_view(), name="exception-preview"),
    re_path(r"^exceptions/(?P<case_id>[^/]+)/decline/?$", views.DeclineView.as_view(), name="exception-decline"),
    re_path(r"^exceptions/(?P<case_id>[^/]+)/withdraw/?$", views.WithdrawView.as_view(), name="exception-withdraw"),
    re_path(r"^exceptions/(?P<case_id>[^/]+)/assign/?$", views.AssignView.as_view(), name="exception-assign"),
]
