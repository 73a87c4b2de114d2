from django.urls import path

from incidents import api, api_acts, api_tasks

ON = "incidents/<str:number>"
urlpatterns = [
    path("incidents", api.Incidents.as_view(), name="api-incidents"),
    path(ON, api.OneIncident.as_view(), name="api-incident"),
    path(f"{ON}/events", api.Events.as_view(), name="api-incident-events"),
    path(f"{ON}/verify", api_acts.Verify.as_view(), name="api-verify"),
    path(f"{ON}/assess", api_acts.Assess.as_view(), name="api-assess"),
    path(f"{ON}/facts", api_acts.Facts.as_view(), name="api-facts"),
    path(f"{ON}/start", api_acts.Start.as_view(), name="api-start"),
    path(f"{ON}/report", api_acts.ReportHandling.as_view(), name="api-report"),
    path(f"{ON}/group-status", api_acts.GroupStatus.as_view(), name="api-group-status"),
    path(f"{ON}/cannot-hold", api_acts.CannotHold.as_view(), name="api-cannot-hold"),
    path(f"{ON}/support-arrived", api_acts.Arrived.as_view(), name="api-support-arrived"),
    path(f"{ON}/regulator", api_acts.Regulator.as_view(), name="api-regulator"),
    path(f"{ON}/restore", api_acts.Restore.as_view(), name="api-restore"),
    path(f"{ON}/ending-report", api_acts.EndingReport.as_view(), name="api-ending-report"),
    path(f"{ON}/close", api_acts.Close.as_view(), name="api-close"),
    path(f"{ON}/dismiss", api_acts.Dismiss.as_view(), name="api-dismiss"),
    path(f"{ON}/handling", api_tasks.Handling.as_view(), name="api-handling"),
    path(f"{ON}/handling/<slug:step>/done", api_tasks.Tick.as_view(), name="api-step-tick"),
    path(f"{ON}/handling/<slug:step>/undo", api_tasks.Untick.as_view(), name="api-step-untick"),
    path(f"{ON}/tasks", api_tasks.Tasks.as_view(), name="api-tasks"),
    path(f"{ON}/tasks/<int:pk>/done", api_tasks.Done.as_view(), name="api-task-done"),
    path(f"{ON}/tasks/<int:pk>/cancel", api_tasks.Cancel.as_view(), name="api-task-cancel"),
    path(f"{ON}/tasks/<int:pk>/reassign", api_tasks.Reassign.as_view(), name="api-task-reassign"),
]
