/**
 * What an event does to the board's state. Pure: the same events that build the server's tables, given to this in order, make exactly the state
 * that a reload gives; a test holds the two together.
 */
import type { BoardEvent, EventFrame, Incident, Kind, Obligation, Payload, Phase, Reading, State } from "./types";
import { incidentEvent } from "./types";

export const LOG_LINES = 30;
const OVER: ReadonlySet<Phase> = new Set(["ended", "closed", "dismissed"]);

/** Sooner due first; without a deadline last; then in the order they were opened. */
export function byDue(a: Obligation, b: Obligation): number {
  if (a.due_at === b.due_at) return a.id - b.id;
  if (a.due_at === null) return 1;
  if (b.due_at === null) return -1;
  return Date.parse(a.due_at) - Date.parse(b.due_at) || a.id - b.id;
}

function opened(event: BoardEvent & { kind: "incident.opened" }): Incident {
  const { number, origin, title, titles, category, regions, reach, phase, level } = event.data;
  return {
    number, origin, category, regions, reach, phase, level, plan: event.plan_version,
    stream: event.stream, seq: event.seq,
    title: titles ?? { zh: title ?? "", en: title ?? "" },
    level_provisional: false, started_by_region: null, proposed_level: null, major: null, warning: null,
    opened_at: event.occurred, phase_since: event.occurred,
    groups: [], obligations: [], tasks: [], log: [event],
  };
}

/** Facts that say nothing of the reach leave it; null is known no more. */
const reached = (facts: Readonly<Record<string, unknown>>): Partial<Incident> =>
  "reach" in facts ? { reach: typeof facts.reach === "string" ? facts.reach : null } : {};

/** Titles of roles are the server's names; a role it did not name is called by its key. */
function owed({ owners, ...told }: Payload<"obligation.opened">, names: State["names"]): Obligation {
  const owner = owners[0] ?? "";
  return { ...told, owner, owner_title: names.roles?.[owner] ?? { zh: owner, en: owner }, state: "open" };
}

function moved(incident: Incident, phase: Phase, at: string): Partial<Incident> {
  return phase === incident.phase ? {} : { phase, phase_since: at };
}

function changed(incident: Incident, id: number, change: Partial<Obligation>): Partial<Incident> {
  return { obligations: incident.obligations.map((one) => (one.id === id ? { ...one, ...change } : one)) };
}

const without = (incident: Incident, id: number): Partial<Incident> => ({
  obligations: incident.obligations.filter((one) => one.id !== id),
});

/** What the event changes on its incident, besides its log. */
function change(incident: Incident, event: BoardEvent, names: State["names"]): Partial<Incident> {
  switch (event.kind) {
    case "incident.joined":
      return { regions: event.data.regions };
    case "incident.verified":
      return { major: event.data.major, ...moved(incident, event.data.phase, event.occurred) };
    case "incident.plan_moved":
      return { plan: event.data.after_version };
    case "level.proposed":
      return { proposed_level: event.data.level };
    case "level.decided":
      return { level: event.data.after, level_provisional: event.data.provisional };
    case "warning.started":
      return { warning: event.data.colour, ...moved(incident, event.data.phase, event.occurred) };
    case "warning.raised":
      return { warning: event.data.after };
    case "warning.lifted":
      return { warning: null };
    case "response.started":
      return { warning: null, started_by_region: event.data.region, ...moved(incident, event.data.phase, event.occurred) };
    case "service.restored":
    case "response.ended":
    case "incident.closed":
    case "incident.dismissed":
      return moved(incident, event.data.phase, event.occurred);
    case "group.status_set": {
      const group = { key: event.data.group, status: event.data.after, at: event.occurred };
      const others = incident.groups.filter((one) => one.key !== group.key);
      return { groups: [...others, group].sort((a, b) => (a.key < b.key ? -1 : 1)) };
    }
    case "task.given":
      return { tasks: [...incident.tasks, { id: event.data.id, group: event.data.group }] };
    case "task.done":
    case "task.cancelled":
      return { tasks: incident.tasks.filter((one) => one.id !== event.data.id) };
    case "obligation.opened":
      return { obligations: [...incident.obligations, owed(event.data, names)].sort(byDue) };
    case "obligation.overdue":
      return changed(incident, event.data.id, { state: "overdue" });
    case "obligation.fulfilled":
    case "obligation.superseded":
    case "obligation.waived":
      return without(incident, event.data.id);
    case "incident.facts_recorded":
      return reached(event.data.after);
    case "incident.assessed":
      return reached(event.data.facts);
    case "obligation.taken":
    case "incident.opened":
    case "task.reassigned":
    case "step.ticked":
    case "step.unticked":
    case "regulator.concerned":
    case "support.needed":
    case "support.arrived":
    case "report.handling":
    case "effect.evaluated":
    case "ending.reported":
    case "summary.drafted":
    case "summary.edited":
    case "summary.published":
    case "notice.drafted":
    case "notice.edited":
    case "notice.submitted":
    case "notice.approved":
    case "notice.returned":
    case "notice.published":
    case "notice.withdrawn":
    case "message.queued":
    case "message.escalated":
    case "message.answered":
    case "message.unanswered":
    case "message.called":
    case "equipment.withdrawn":
    case "equipment.returned":
    case "condition.near":
    case "incident.plan_asked":
    case "incident.plan_kept":
    case "warning.data_reported":
    case "warning.task_assigned":
    case "warning.task_done":
    case "warning.extended":
    case "warning.lift_applied":
    case "warning.lift_refused":
    case "evidence.file_kept":
    case "obligation.escalated":
      return {}; // a line of the log
  }
}

/** What a person reads in the log; the clocks' own entries stand in the list of obligations. */
const QUIET: ReadonlySet<Kind> = new Set<Kind>(["obligation.opened", "obligation.superseded", "message.queued"]);

const logged = (log: readonly BoardEvent[], event: BoardEvent): readonly BoardEvent[] =>
  QUIET.has(event.kind) ? log : [...log, event].slice(-LOG_LINES);

function applied({ incidents, names }: State, event: BoardEvent): readonly Incident[] {
  if (event.kind === "incident.opened" && event.seq === 1) return [...incidents, opened(event)];
  return incidents
    .map((incident) =>
      incident.stream === event.stream
        ? { ...incident, ...change(incident, event, names), seq: event.seq, log: logged(incident.log, event) }
        : incident,
    )
    .filter((incident) => !OVER.has(incident.phase));
}

/** The number of the newest event the state knows of a stream; 0 for one it never saw. */
export const head = (state: State, stream: number): number => state.heads[stream] ?? 0;

/** The state after the next event of its stream. Throws Unexpected at what this page does not know. */
export function reduce(state: State, frame: EventFrame): State {
  const heads = { ...state.heads, [frame.stream]: frame.seq };
  if (frame.incident === null) return { ...state, heads }; // signals and plan: their readings come by themselves
  return { ...state, heads, incidents: applied(state, incidentEvent(frame.event, "event")) };
}

export const readingKey = (reading: Reading): string => `${reading.series}:${reading.threshold.id}`;

/** Readings with a new value of a series; one that came late, after a newer, changes nothing. */
export function withReading(readings: readonly Reading[], fresh: Reading): readonly Reading[] {
  const key = readingKey(fresh);
  const known = readings.find((reading) => readingKey(reading) === key);
  if (known?.at && fresh.at && Date.parse(fresh.at) < Date.parse(known.at)) return readings;
  return known ? readings.map((reading) => (readingKey(reading) === key ? fresh : reading)) : [...readings, fresh];
}

export function reduceReading(state: State, fresh: Reading): State {
  const readings = withReading(state.readings, fresh);
  return readings === state.readings ? state : { ...state, readings };
}
