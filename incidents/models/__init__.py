"""What happened: incidents, the raw report each began with, and what people did about them. All times are world time."""

from incidents.models.incident import (
    Incident,
    Intake,
    JoinedTrigger,
    NumberSeries,
    Origin,
    Phase,
    Reach,
    Symptom,
    SystemsState,
)
from incidents.models.work import GroupAtWork, StepTick, Task
from incidents.models.written import Assessment, Evaluation, HandlingReport, Written

__all__ = [
    "Assessment",
    "Evaluation",
    "GroupAtWork",
    "HandlingReport",
    "Incident",
    "Intake",
    "JoinedTrigger",
    "NumberSeries",
    "Origin",
    "Phase",
    "Reach",
    "StepTick",
    "Symptom",
    "SystemsState",
    "Task",
    "Written",
]
