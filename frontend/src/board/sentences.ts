/** A line of the log: what happened, in one sentence. */
import { inChinese, pick, say } from "../words";
import { levelName, phaseLook, groupLook } from "./labels";
import type { BoardEvent, Incident, Payload, State } from "./types";

type Names = State["names"];
export type Line = { readonly text: string; readonly detail: string; readonly grave: boolean };

const plain = (text: string, detail: string | null = "", grave = false): Line => ({ text, detail: detail ?? "", grave });

const said = (...words: readonly (string | null)[]): string => words.filter(Boolean).join(" — ");

export function nameOf(names: Names, kind: string, key: string | null): string {
  return key === null ? "" : pick(names[kind]?.[key]) || key;
}

/** The role an act relied on; what follows in an authority says whose place a deputy did it in. */
export const roleOf = (authority: string): { readonly role: string; readonly deputy: boolean } => {
  const [role = "", person] = authority.split("/person:");
  return { role, deputy: person !== undefined };
};

/** Where: the regions' names, or the whole country. */
export const place = (names: Names, regions: readonly string[]): string =>
  regions.length ? regions.map((key) => nameOf(names, "regions", key)).join(inChinese() ? "、" : ", ") : say("Nationwide");

function kept({ name, sha256, later }: { name: string | null; sha256: string; later: boolean }): string {
  const said = { name: name ?? "", digest: sha256.slice(0, 12) };
  return later ? say("File added later: {name}, SHA-256 {digest}.", said) : say("File kept: {name}, SHA-256 {digest}.", said);
}

function duty(incident: Incident, id: number, rule: string, names: Names): string {
  const standing = incident.obligations.find((one) => one.id === id)?.title;
  return pick(standing ?? names.obligations?.[rule]) || rule;
}

const counts = ({ answers, told }: { answers: number; told: number }) => ({ answers, told });
const versions = (data: { before: number; after: number }) => ({ before: String(data.before), after: String(data.after) });

export function line(event: BoardEvent, incident: Incident, names: Names): Line {
  switch (event.kind) {
    case "incident.opened":
      return event.data.origin === "signal"
        ? plain(say("A crossed threshold opened this incident."), pick(event.data.titles))
        : plain(say("A fault was reported."), event.data.title);
    case "incident.joined": {
      const { more, trigger: { metric, region } } = event.data;
      const said = { n: more + 1, metric: nameOf(names, "metrics", metric), place: place(names, region ? [region] : []) };
      return plain(more
        ? say("{n} further triggers joined: {metric}, {place}.", said)
        : say("A further trigger joined: {metric}, {place}.", said));
    }
    case "incident.facts_recorded":
      return plain(say("Facts were recorded."), Object.keys(event.data.after).map((fact) => nameOf(names, "facts", fact)).join(" · "));
    case "incident.verified":
      if (event.data.outcome === "false_alarm") return plain(say("Verified: a false alarm."), event.data.note);
      return plain(event.data.major ? say("Verified: a major fault.") : say("Verified: an ordinary fault."), event.data.note, event.data.major);
    case "incident.assessed":
      return plain(say("The impact was assessed."), event.data.impact);
    case "incident.dismissed":
      return plain(event.data.false_alarm ? say("Dismissed as a false alarm.") : say("Dismissed."), event.data.reason);
    case "warning.started":
      if (event.data.contents) return plain(say("Yellow warning: the pre-response began."), pick(event.data.contents.measures), true);
      return plain(event.data.colour === "yellow" ? say("Yellow warning issued.") : say("Blue warning issued."), contents(event.data), true);
    case "warning.raised":
      return plain(say("The warning was raised to yellow."), contents(event.data), true);
    case "warning.data_reported":
      return plain(say("Hourly data: {department}.", { department: nameOf(names, "departments", event.data.department) }),
        [event.data.availability, event.data.spares, event.data.forecast].filter(Boolean).join(" · "));
    case "warning.task_assigned":
      return plain(say("Task given: {title}.", { title: pick(event.data.title) }));
    case "condition.near":
      return plain(say("Near the threshold of {lines}.", { lines: event.data.lines.map((line) => pick(line.title)).join(" · ") }), "", true);
    case "warning.task_done":
      return plain(event.data.all_done
        ? say("Task done: {title}. The preparation is complete.", { title: pick(event.data.title) })
        : say("Task done: {title}.", { title: pick(event.data.title) }), event.data.word);
    case "warning.extended":
      return plain(say("Headquarters extended the warning."), event.data.reason);
    case "warning.lift_applied":
      return plain(say("The technical group applied for lifting the warning."), event.data.note);
    case "warning.lift_refused":
      return plain(say("Headquarters refused to lift the warning."), event.data.reason);
    case "warning.lifted":
      return plain(say("The warning was lifted."), event.data.note);
    case "level.proposed":
      return plain(event.data.level ? say("The plan proposes {level}.", { level: levelName(event.data.level, names) }) : say("The plan proposes no level."),
        event.data.reasons.map(pick).join(inChinese() ? "；" : "; "));
    case "level.decided":
      return plain(event.data.provisional
        ? say("{level} was set, provisionally.", { level: levelName(event.data.after, names) })
        : say("{level} was decided.", { level: levelName(event.data.after, names) }), event.data.reason, true);
    case "response.started":
      return plain(event.data.region === null
        ? say("The response began at {level}.", { level: levelName(event.data.level, names) })
        : say("The region started the response at {level}, subject to headquarters confirming it.", { level: levelName(event.data.level, names) }), "", true);
    case "group.status_set":
      return plain(say("{group}: {status}.", { group: nameOf(names, "groups", event.data.group), status: groupLook(event.data.after).label }), event.data.note);
    case "task.given":
      return plain(say("Task for {group}.", { group: nameOf(names, "groups", event.data.group) }), event.data.title);
    case "step.ticked":
      return plain(say("Step done: {title} ({done} of {steps}).", { title: pick(event.data.title), done: event.data.done, steps: event.data.steps }), event.data.note);
    case "step.unticked":
      return plain(say("Step taken back: {title} ({done} of {steps} done).", { title: pick(event.data.title), done: event.data.done, steps: event.data.steps }), event.data.reason);
    case "task.done":
      return plain(event.data.late
        ? say("Task done, late, by {group}.", { group: nameOf(names, "groups", event.data.group) })
        : say("Task done by {group}.", { group: nameOf(names, "groups", event.data.group) }), said(event.data.title, event.data.note));
    case "task.cancelled":
      return plain(say("Task of {group} cancelled.", { group: nameOf(names, "groups", event.data.group) }), said(event.data.title, event.data.reason));
    case "task.reassigned":
      return plain(say("Task of {group} passed on to another member.", { group: nameOf(names, "groups", event.data.group) }), said(event.data.title, event.data.reason));
    case "report.handling":
      return plain(say("Handling report."), event.data.situation || event.data.measures);
    case "effect.evaluated":
      return plain(verdict(event.data.verdict), event.data.reason);
    case "regulator.concerned":
      return plain(say("A regulator is concerned."), said(event.data.regulator, event.data.reason));
    case "support.needed":
      return plain(say("Our own means cannot hold it; outside support is needed."), said(event.data.needs, event.data.reason));
    case "support.arrived":
      return plain(say("Outside forces arrived."), said(event.data.forces, event.data.note));
    case "service.restored":
      return plain(say("Service is restored; monitoring goes on."), event.data.note);
    case "ending.reported":
      return plain(say("The ending report was submitted."), event.data.summary);
    case "response.ended":
      return plain(say("The response ended."), event.data.reason);
    case "incident.closed":
      return plain(say("The incident was closed."), event.data.note);
    case "incident.plan_asked":
      return plain(say("Asked to go on by version {after} of the plan instead of {before}.", versions(event.data)), event.data.reason);
    case "incident.plan_moved":
      return plain(say("From now on version {after} of the plan applies instead of {before}.", versions(event.data)), event.data.reason, true);
    case "incident.plan_kept":
      return plain(say("It goes on by version {before} of the plan.", versions(event.data)), event.data.reason);
    case "summary.drafted":
      return plain(say("A progress summary was drafted and waits for publication."));
    case "summary.edited":
      return plain(say("The progress summary was edited."));
    case "summary.published":
      return plain(event.data.late ? say("The progress summary was published, late.") : say("The progress summary was published."));
    case "notice.drafted":
      return plain(say("A notice was drafted."), both(event.data));
    case "notice.edited":
      return plain(event.data.voided ? say("A notice was edited; legal must read it again.") : say("A notice was edited."), both(event.data));
    case "notice.submitted":
      return plain(say("A notice was submitted to legal."));
    case "notice.approved":
      return plain(say("Legal approved a notice."), event.data.opinion);
    case "notice.returned":
      return plain(say("Legal returned a notice."), event.data.reason);
    case "notice.published":
      return plain(say("A notice was published."), "", true);
    case "notice.withdrawn":
      return plain(event.data.published ? say("A published notice was withdrawn.") : say("A notice was given up."), event.data.reason, event.data.published);
    case "message.queued":
      return plain(event.data.chats
        ? say("A message went out; people told: {people}, group chats: {chats}.", { people: event.data.people, chats: event.data.chats })
        : say("A message went out; people told: {people}.", { people: event.data.people }));
    case "message.escalated":
      return plain(event.data.chats
        ? say("{answers} of {told} have answered; people told further: {people}, group chats: {chats}.", { ...counts(event.data), people: event.data.people, chats: event.data.chats })
        : say("{answers} of {told} have answered; people told further: {people}.", { ...counts(event.data), people: event.data.people }), "", true);
    case "message.answered":
      return plain(say("A message is answered: {answers} of {told}.", counts(event.data)));
    case "message.unanswered":
      return plain(say("A message stays unanswered: {answers} of {told}. Ring those people.", counts(event.data)), "", true);
    case "message.called":
      return plain(event.data.outcome === "told" ? say("A person was told by telephone.") : say("A person was rung and not reached."), event.data.note);
    case "equipment.withdrawn":
      return plain(say("{quantity} × {name} withdrawn from store, {left} left there.", { ...stock(event.data) }), event.data.note);
    case "equipment.returned":
      return plain(say("{quantity} × {name} returned to store, {left} there now.", { ...stock(event.data) }), event.data.note,
        event.data.condition === "defective");
    case "obligation.opened":
      return plain(say("Due: {title}.", { title: pick(event.data.title) }));
    case "obligation.fulfilled": {
      const title = duty(incident, event.data.id, event.data.rule, names);
      return plain(event.data.late ? say("Done, late: {title}.", { title }) : say("Done: {title}.", { title }), event.data.note);
    }
    case "obligation.overdue":
      return plain(say("Overdue: {title}.", { title: pick(event.data.title) }), "", true);
    case "obligation.escalated": {
      const told = event.data.told.map((role) => nameOf(names, "roles", role)).join(inChinese() ? "、" : ", ");
      const title = duty(incident, event.data.id, event.data.rule, names);
      if (told) return plain(say("Overdue: {title}. Told: {roles}.", { title, roles: told }), "", true);
      const role = nameOf(names, "roles", event.data.skipped);
      if (!role) return plain(say("Overdue: {title}. Nobody is left to tell.", { title }), "", true);
      return plain(event.data.away ? say("Overdue: {title}. Skipped, on leave without a deputy: {role}.", { title, role })
        : say("Overdue: {title}. Skipped, held by nobody: {role}.", { title, role }), "", true);
    }
    case "obligation.taken":
      return plain(say("Somebody is at it, the clock goes on: {title}.", { title: duty(incident, event.data.id, event.data.rule, names) }));
    case "evidence.file_kept":
      return plain(kept(event.data), event.data.word);
    case "obligation.superseded":
      return plain(say("No longer due: {title}.", { title: duty(incident, event.data.id, event.data.rule, names) }));
    case "obligation.waived":
      return plain(say("Waived: {title}.", { title: duty(incident, event.data.id, event.data.rule, names) }), event.data.reason);
  }
}

/** The text in the reader's language; erased text is null. */
const both = ({ zh, en }: { readonly zh: string | null; readonly en: string | null }): string => pick({ zh: zh ?? "", en: en ?? "" });
const stock = ({ names, number, quantity, left }: Payload<"equipment.withdrawn"> | Payload<"equipment.returned">) =>
  ({ name: `${pick(names)} (${number})`, quantity, left });

const contents = ({ reach, duration, measures }: { reach: string | null; duration: string | null; measures: string | null }): string =>
  [reach, duration, measures].filter(Boolean).join(" · ");

function verdict(verdict: "keep" | "raise" | "lower"): string {
  switch (verdict) {
    case "keep": return say("Effect judged: keep the level.");
    case "raise": return say("Effect judged: raise the level.");
    case "lower": return say("Effect judged: lower the level.");
  }
}

export const phaseName = (incident: Incident): string => phaseLook(incident.phase).label;
