"""Tasks of work groups for programs (2.2)."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from common.shapes import BilingualOut
from incidents import selectors, services
from incidents.api import maybe_words, words
from incidents.models import Task
from people.endpoints import ActionEndpoint, Endpoint


class TaskPersonOut(serializers.Serializer):
    """`active` is false once the person has left: pass the task on."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    active = serializers.BooleanField()


class TaskOut(serializers.Serializer):
    id = serializers.IntegerField()
    incident = serializers.CharField()
    group = serializers.CharField()
    title = serializers.CharField()
    assignee = TaskPersonOut()
    given_by = TaskPersonOut(allow_null=True)
    given_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField(allow_null=True)
    state = serializers.ChoiceField(choices=Task.State.choices)
    ended_at = serializers.DateTimeField(allow_null=True)
    note = serializers.CharField()


class GiveIn(serializers.Serializer):
    """`assignee` is the id of a member of the group."""

    group = serializers.CharField(max_length=40)
    title = words()
    assignee = serializers.IntegerField(min_value=1)
    due_at = serializers.DateTimeField(
        required=False, allow_null=True, default=None, help_text="in the incident's world"
    )


class DoneIn(serializers.Serializer):
    note = maybe_words()


class CancelIn(serializers.Serializer):
    reason = words()


class ReassignIn(serializers.Serializer):
    assignee = serializers.IntegerField(min_value=1)
    reason = maybe_words()


class TaskAct(ActionEndpoint):
    """An act on a task; the answer is the task as it then stands."""

    def answer(self, reference: str) -> dict[str, Any]:
        return selectors.task_dict(selectors.task_of(int(reference.removeprefix("task:"))))


class Tasks(TaskAct):
    """An incident's tasks, open ones by due time first; and giving one to a member of a group."""

    right = {"GET": "incident.view", "POST": "task.give"}
    serializer_class = GiveIn
    success = 201

    @extend_schema(responses={200: TaskOut(many=True)})
    def get(self, request: Request, number: str) -> Response:
        rows = selectors.tasks_of(selectors.by_number(number))
        return Response([selectors.task_dict(row) for row in rows])

    @extend_schema(request=GiveIn, responses={201: TaskOut})
    def post(self, request: Request, **kwargs: Any) -> Response:
        return super().post(request, **kwargs)

    def act(self, data: dict[str, Any], **kwargs: Any) -> str:
        return f"task:{services.task_give(number=kwargs['number'], by=self.by, **data).pk}"


@extend_schema(responses={200: TaskOut})
class OnTask(TaskAct):
    """Base of the acts below."""

    def change(self, number: str, task_id: int, data: dict[str, Any]) -> Task:
        raise NotImplementedError

    def act(self, data: dict[str, Any], **kwargs: Any) -> str:
        return f"task:{self.change(kwargs['number'], kwargs['pk'], data).pk}"


class Done(OnTask):
    """Its assignee, or the lead of the group, says that it is done."""

    right, serializer_class = "task.do", DoneIn

    def change(self, number: str, task_id: int, data: dict[str, Any]) -> Task:
        return services.task_done(number=number, task_id=task_id, by=self.by, **data)


class Cancel(OnTask):
    """Take it back, with the reason."""

    right, serializer_class = "task.give", CancelIn

    def change(self, number: str, task_id: int, data: dict[str, Any]) -> Task:
        return services.task_cancel(number=number, task_id=task_id, by=self.by, **data)


class Reassign(OnTask):
    """Pass it on to another member of the group."""

    right, serializer_class = "task.give", ReassignIn

    def change(self, number: str, task_id: int, data: dict[str, Any]) -> Task:
        return services.task_reassign(number=number, task_id=task_id, by=self.by, **data)


class StepDoneOut(serializers.Serializer):
    at = serializers.DateTimeField()
    by = serializers.CharField(allow_null=True)
    note = serializers.CharField(allow_blank=True)


class HandlingStepOut(serializers.Serializer):
    """`people` are who holds the role now, or is on its duty; `done` is null while it is not ticked."""

    key = serializers.CharField()
    text = BilingualOut()
    role = serializers.CharField()
    role_title = BilingualOut()
    people = serializers.ListField(child=serializers.CharField())
    done = StepDoneOut(allow_null=True)


class HandlingOut(serializers.Serializer):
    category = serializers.CharField()
    title = BilingualOut(allow_null=True)
    clauses = serializers.ListField(child=serializers.CharField())
    steps = HandlingStepOut(many=True)
    done = serializers.IntegerField(help_text="how many of the steps are done")


class Handling(Endpoint):
    """How the incident's plan says that one of its category is handled: the steps in their order, each with whose it is, and
    who ticked it when (6.2). No steps where the plan says nothing of the category."""

    right = "incident.view"

    @extend_schema(responses={200: HandlingOut})
    def get(self, request: Request, number: str) -> Response:
        return Response(selectors.handling_of(selectors.by_number(number)))


@extend_schema(responses={200: HandlingOut})
class OnStep(ActionEndpoint):
    """An act on a step of handling; the answer is the checklist as it then stands."""

    right = "step.tick"

    def answer(self, reference: str) -> dict[str, Any]:
        return selectors.handling_of(selectors.by_number(reference.removeprefix("handling:")))


class Tick(OnStep):
    """A step is done; who and when is kept, a note may be given."""

    serializer_class = DoneIn

    def act(self, data: dict[str, Any], **kwargs: Any) -> str:
        services.step_tick(number=kwargs["number"], step=kwargs["step"], by=self.by, **data)
        return f"handling:{kwargs['number']}"


class Untick(OnStep):
    """Take it back, with the reason."""

    serializer_class = CancelIn

    def act(self, data: dict[str, Any], **kwargs: Any) -> str:
        services.step_untick(number=kwargs["number"], step=kwargs["step"], by=self.by, **data)
        return f"handling:{kwargs['number']}"
