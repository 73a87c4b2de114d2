/** What the board is told: the state of a reload, and every kind of event on an incident's stream with its payload. */
import { anything, flag, list, mapOf, maybe, number, oneOf, optional, shape, text, time, Unexpected, type Of, type Read } from "./schema";

export const bilingual = shape({ zh: text, en: text });
const level = text; // of the incident's own plan
const phase = oneOf("reported", "verified", "warning", "response", "monitoring", "ended", "closed", "dismissed");
const groupStatus = oneOf("standby", "activated", "working", "done");
const words = maybe(text); // erased text is null
const facts = mapOf(anything);
const trigger = shape({
  watch: number, threshold: text, metric: text, region: maybe(text), hotline: maybe(text), node: maybe(text),
  value: number, ratio: maybe(number), baseline: maybe(number), at: time,
});
const colour = oneOf("blue", "yellow");
const task = shape({ item: text, title: bilingual, person: maybe(number), due_at: time });
const judged = shape({ id: text, met: oneOf("met", "unmet", "unknown"), value: anything, clauses: list(text) });
const condition = shape({ id: text, state: oneOf("met", "unmet", "unknown"), waived: flag });

const ofNotice = { notice: number, kind: oneOf("impact", "update", "regulator", "holding"), revision: number };

/** Kind → payload. The structs are `events.py` of incidents, escalation, notifications and resources. */
export const PAYLOADS = {
  "incident.opened": shape({
    number: text, origin: oneOf("report", "signal"), title: words, category: text, business: text, regions: list(text),
    hotlines: list(text), nodes: list(text), reach: maybe(text), phase, level: maybe(level), noticed_at: maybe(time),
    titles: optional(maybe(bilingual), null), trigger: optional(maybe(trigger), null),
  }),
  "incident.joined": shape({ trigger, regions: list(text), more: optional(number, 0) }),
  "incident.facts_recorded": shape({ before: facts, after: facts }),
  "incident.verified": shape({ outcome: oneOf("confirmed", "false_alarm"), major: flag, note: words, phase }),
  "incident.assessed": shape({ facts, impact: words, measures: words }),
  "incident.dismissed": shape({ reason: words, false_alarm: flag, phase }),
  "condition.near": shape({ lines: list(shape({ threshold: text, title: bilingual, colour })) }),
  "warning.started": shape({
    colour, phase, clauses: list(text), reach: optional(words, ""), duration: optional(words, ""), measures: optional(words, ""),
    contents: optional(maybe(mapOf(bilingual)), null), limit_at: optional(maybe(time), null), preparation: optional(list(task), []),
  }),
  "warning.raised": shape({ before: colour, after: colour, reach: words, duration: words, measures: words }),
  "warning.data_reported": shape({ department: text, availability: words, spares: words, forecast: words, covers: list(number) }),
  "warning.task_assigned": shape({ task: number, item: text, title: bilingual, before: maybe(number), person: number, due_at: time }),
  "warning.task_done": shape({ task: number, item: text, title: bilingual, word: words, all_done: flag }),
  "warning.extended": shape({ limit_at: time, reason: words }),
  "warning.lift_applied": shape({ application: number, conditions: list(judged), note: words }),
  "warning.lift_refused": shape({ application: number, reason: words }),
  "warning.lifted": shape({ application: number, colour, conditions: list(judged), note: words }),
  "level.proposed": shape({ level: maybe(level), certain: flag, reasons: list(bilingual), clauses: list(text), rules: list(text) }),
  "level.decided": shape({
    before: maybe(level), after: level, provisional: flag, proposed: maybe(level), differs: flag, reason: words, hq_active: optional(flag, false),
  }),
  "response.started": shape({ level, phase, hq_active: flag, region: optional(maybe(text), null) }),
  "group.status_set": shape({ group: text, before: maybe(text), after: groupStatus, note: words }),
  "task.given": shape({ id: number, group: text, assignee: number, title: words, due_at: maybe(time) }),
  "step.ticked": shape({ step: text, title: bilingual, done: number, steps: number, note: words }),
  "step.unticked": shape({ step: text, title: bilingual, done: number, steps: number, reason: words }),
  "task.done": shape({ id: number, group: text, title: words, note: words, late: flag }),
  "task.cancelled": shape({ id: number, group: text, title: words, reason: words }),
  "task.reassigned": shape({ id: number, group: text, before: number, after: number, title: words, reason: words }),
  "report.handling": shape({ measures: words, situation: words, next_steps: words, recovery_hours: maybe(number) }),
  "effect.evaluated": shape({ verdict: oneOf("keep", "raise", "lower"), reason: words }),
  "regulator.concerned": shape({ regulator: words, reason: words }),
  "support.needed": shape({ needs: words, reason: words }),
  "support.arrived": shape({ forces: words, note: words }),
  "service.restored": shape({ phase, note: words }),
  "ending.reported": shape({ summary: words }),
  "response.ended": shape({ phase, conditions: list(condition), reason: words }),
  "incident.closed": shape({ phase, approved: flag, note: words }),
  "incident.plan_asked": shape({ move: number, before: number, after: number, reason: words }),
  "incident.plan_moved": shape({
    move: number, before: number, after: number, before_version: number, after_version: number, reason: words,
  }),
  "incident.plan_kept": shape({ move: number, before: number, after: number, withdrawn: flag, reason: words }),
  "summary.drafted": shape({ summary: number, turn: number }),
  "summary.edited": shape({ summary: number, revision: number }),
  "summary.published": shape({ summary: number, revision: number, late: flag, sha256: text }),
  "notice.drafted": shape({ ...ofNotice, zh: words, en: words, sha256: text }),
  "notice.edited": shape({ ...ofNotice, zh: words, en: words, sha256: text, voided: flag }),
  "notice.submitted": shape({ ...ofNotice, sha256: text }),
  "notice.approved": shape({ ...ofNotice, sha256: text, opinion: words }),
  "notice.returned": shape({ ...ofNotice, reason: words }),
  "notice.published": shape({ ...ofNotice, sha256: text }),
  "notice.withdrawn": shape({ ...ofNotice, published: flag, reason: words }),
  "message.queued": shape({ message: number, kind: text, roles: list(text), people: number, chats: optional(number, 0) }),
  "message.escalated": shape({
    message: number, kind: text, rung: number, channels: list(text), roles: list(text), people: number, answers: number, told: number,
    chats: optional(number, 0),
  }),
  "message.answered": shape({ message: number, kind: text, answers: number, told: number }),
  "message.unanswered": shape({ message: number, kind: text, answers: number, told: number }),
  "message.called": shape({ message: number, call: number, user: number, line: text, outcome: text, note: words }),
  "equipment.withdrawn": shape({
    equipment: number, number: text, names: bilingual, quantity: number, left: number, incident: maybe(text), note: words,
  }),
  "equipment.returned": shape({
    equipment: number, number: text, names: bilingual, quantity: number, left: number, condition: oneOf("good", "worn", "defective"),
    incident: maybe(text), note: words,
  }),
  "obligation.opened": shape({ id: number, rule: text, title: bilingual, owners: list(text), turn: number, due_at: maybe(time), clause: text }),
  "obligation.fulfilled": shape({ id: number, rule: text, turn: number, evidence: text, by_event: maybe(number), late: flag, note: words, left_open: optional(list(text), []) }),
  "obligation.overdue": shape({ id: number, rule: text, title: bilingual, owners: list(text), turn: number, due_at: time, told: optional(list(text), []) }),
  "obligation.escalated": shape({ id: number, rule: text, turn: number, step: number, told: list(text), at_due: optional(flag, false),
    skipped: optional(text, ""), away: optional(flag, false) }),
  "evidence.file_kept": shape({ file: number, obligation: number, rule: text, turn: number, sha256: text, size: number, media: text, name: words, word: words, later: optional(flag, false) }),
  "obligation.superseded": shape({ id: number, rule: text, turn: number, why: text }),
  "obligation.taken": shape({ id: number, rule: text, turn: number, person: number, held_until: maybe(time) }),
  "obligation.waived": shape({ id: number, rule: text, turn: number, reason: words }),
} as const;

export type Kind = keyof typeof PAYLOADS;
export type Payload<K extends Kind> = Of<(typeof PAYLOADS)[K]>;

const named = shape({ kind: text, id: maybe(number), name: optional(text, ""), in_place_of: optional(text, "") });
/** The log's own address names the person too; the state holds who acted by id alone, so that a reload and a replay agree. */
const actor: Read<{ readonly kind: string; readonly id: number | null }> = (value, path) => {
  const { kind, id } = named(value, path);
  return { kind, id };
};

const envelope = shape({
  stream: number, seq: number, kind: text, occurred: time, known: time, recorded: time,
  actor, authority: text, plan_version: maybe(number), clause: text, data: anything,
});
export type Envelope = Of<typeof envelope>;
export type BoardEvent = { [K in Kind]: Omit<Envelope, "kind" | "data"> & { readonly kind: K; readonly data: Payload<K> } }[Kind];

const isKind = (kind: string): kind is Kind => Object.hasOwn(PAYLOADS, kind);

/** An event of an incident's stream, believed; throws Unexpected at an unknown kind or field. */
export const incidentEvent: Read<BoardEvent> = (value, path) => {
  const event = envelope(value, path);
  if (!isKind(event.kind)) throw new Unexpected(`${path}: unknown kind ${event.kind}`);
  return { ...event, data: PAYLOADS[event.kind](event.data, `${path}.${event.kind}`) } as BoardEvent;
};

export const obligation = shape({
  id: number, rule: text, title: bilingual, owner: text, owner_title: bilingual, turn: number, due_at: maybe(time),
  state: oneOf("open", "overdue"), clause: text,
});
export type Obligation = Of<typeof obligation>;

const group = shape({ key: text, status: groupStatus, at: time });
export const incident = shape({
  number: text, stream: number, seq: number, title: bilingual, category: text, origin: oneOf("report", "signal"), phase,
  level: maybe(level), level_provisional: flag, started_by_region: maybe(text), proposed_level: maybe(level), major: maybe(flag),
  warning: maybe(colour),
  regions: list(text),
  reach: maybe(text),
  opened_at: time, phase_since: time, plan: maybe(number), groups: list(group), obligations: list(obligation),
  tasks: list(shape({ id: number, group: text })), log: list(incidentEvent),
});
export type Incident = Of<typeof incident>;
export type Phase = Incident["phase"];

export const reading = shape({
  series: number, metric: text, region: maybe(text), hotline: maybe(text), node: maybe(text), at: maybe(time), value: maybe(number),
  unit: text, baseline: maybe(number), ratio: maybe(number),
  threshold: shape({ id: text, value: number, direction: oneOf("above", "below"), measure: oneOf("value", "excess", "share") }),
  state: oneOf("normal", "near", "over", "unknown"), since: maybe(time),
  muted_until: maybe(time), held: flag, flapping_since: maybe(time),
});
export type Reading = Of<typeof reading>;

const indexRule = shape({
  key: text, title: bilingual, metric: text, measure: oneOf("value", "excess"), unit: text, weight: number, best: number, worst: number,
});
export type IndexRule = Of<typeof indexRule>;
const indexPoint = shape({ at: time, value: maybe(number) });
export type IndexPoint = Of<typeof indexPoint>;
/** What the index of the board and of the room is computed with, and how it went in the past hour. */
export const bci = shape({ clause: text, rules: list(indexRule), trend: list(indexPoint) });

export const state = shape({
  world: shape({ key: text, name: bilingual, real: flag, now: time, rate: number }),
  heads: mapOf(number),
  incidents: list(incident),
  readings: list(reading),
  bci,
  alarms: list(shape({ kind: text, text, since: time })),
  standing_in: optional(list(shape({ person: text, deputies: list(text), until: time, unheld: list(text) })), []),
  names: mapOf(mapOf(bilingual)),
  grades: mapOf(number),
});
export type State = Of<typeof state>;

export type EventFrame = { readonly t: "event"; readonly stream: number; readonly seq: number; readonly incident: string | null; readonly event: unknown };
export type Frame =
  | { readonly t: "hello" | "heads"; readonly heads: Readonly<Record<string, number>>; readonly now: string; readonly around?: string; readonly spread?: number }
  | { readonly t: "around"; readonly around: string; readonly spread?: number }
  | EventFrame
  | ({ readonly t: "reading" } & Readonly<Record<string, unknown>>)
  | { readonly t: "inbox" };
