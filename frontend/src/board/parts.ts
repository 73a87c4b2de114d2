/** The pieces of the board: an incident, a duty with its clock, a reading. */
import { figure } from "../figures";
import { unitName } from "../units";
import { inChinese, pick, say } from "../words";
import { chip, clause, clock, h, icon } from "./dom";
import { groupLook, levelText, phaseLook, readingLook, warningLook } from "./labels";
import { line, nameOf, place, roleOf } from "./sentences";
import type { BoardEvent, Incident, Obligation, Reading, State } from "./types";

type Names = State["names"];

/** `names` and `grades` of the state: a level is called as its plan calls it, and drawn as gravely as it stands there. */
export function level(incident: Incident, { names, grades }: Pick<State, "names" | "grades">): HTMLElement {
  const bars = h("span", { class: "bars", "aria-hidden": "true" }, h("i"), h("i"), h("i"));
  return h("span", { class: "level", "data-level": incident.level ?? "", "data-grade": gradeOf(incident, grades), "data-provisional": incident.level_provisional }, bars, levelText(incident, names));
}

const gradeOf = ({ level }: Incident, grades: State["grades"]): string | null => (level ? String(grades[level] ?? 3) : null);

function groups(incident: Incident, names: Names): HTMLElement | null {
  const busy = new Map(incident.groups.map(({ key, status }) => [key, status]));
  for (const { group } of incident.tasks) if (!busy.has(group)) busy.set(group, "standby");
  if (!busy.size) return null;
  const items = [...busy].map(([key, status]) => {
    const open = incident.tasks.filter((task) => task.group === key).length;
    return h("li", {}, h("span", {}, nameOf(names, "groups", key)), chip(groupLook(status)),
      open > 0 && h("span", { class: "muted small" }, icon("list-check"), open === 1 ? say("1 open task") : say("{n} open tasks", { n: open })));
  });
  return h("ul", { class: "groups", "aria-label": say("Groups at work") }, ...items);
}

function entry(event: BoardEvent, incident: Incident, names: Names): HTMLElement {
  const { text, detail, grave } = line(event, incident, names);
  const { role, deputy } = roleOf(event.authority);
  const held = nameOf(names, "rights", role);
  const by = event.actor.kind === "system" ? say("the product") : deputy ? say("{role}, by a deputy", { role: held }) : held;
  return h("li", { "data-key": String(event.seq), "data-tone": grave ? "bad" : "quiet" },
    h("span", { class: "when" }, clock("ago", event.occurred)),
    h("div", {}, h("span", { class: "what" }, text), " ", clause(event.clause, event.plan_version), h("div", { class: "by" }, detail ? `${detail} · ${by}` : by)));
}

export function incidentCard(incident: Incident, shown: Pick<State, "names" | "grades">): HTMLElement {
  const { names, grades } = shown;
  const overdue = incident.obligations.filter((one) => one.state === "overdue").length;
  return h("article", { class: "card incident", "data-incident": incident.number, "data-level": incident.level ?? "", "data-grade": gradeOf(incident, grades) },
    h("header", {},
      level(incident, shown),
      incident.phase === "warning" && incident.warning ? null : chip(phaseLook(incident.phase)),
      incident.warning ? chip(warningLook(incident.warning)) : null,
      incident.major ? chip({ icon: "alert-octagon", label: say("Major fault"), tone: "bad" }) : null,
      overdue > 0 && chip({ icon: "clock-exclamation", label: say("{n} overdue", { n: overdue }), tone: "bad" }),
      h("span", { "data-bci": incident.regions.length === 1 ? incident.regions[0]! : "" }),
      h("span", { class: "since muted" }, clock("ago", incident.opened_at))),
    h("h2", {}, h("a", { href: `/incidents/${incident.number}/` }, pick(incident.title) || incident.number)),
    h("p", { class: "muted where" }, icon("map-pin"), whereabouts(incident, names), " · ", incident.number),
    groups(incident, names),
    h("ol", { class: "log", reversed: true }, ...[...incident.log].reverse().map((event) => entry(event, incident, names))));
}

export type Duty = { readonly obligation: Obligation; readonly incident: Incident };

/** Somebody on leave: who stands in, and what nobody answers for meanwhile. */
export function standIn(one: State["standing_in"][number], names: Names): HTMLElement {
  const all = (parts: readonly string[]): string => parts.join(inChinese() ? "、" : ", ");
  const said = one.deputies.length ? say("{deputy} stands in for {person}", { deputy: all(one.deputies), person: one.person })
    : say("{person} is on leave; nobody stands in", { person: one.person });
  const unheld = one.unheld.map((role) => nameOf(names, "rights", role));
  return h("li", {}, chip({ icon: one.deputies.length ? "user-check" : "alert-triangle", tone: one.unheld.length ? "bad" : "info", label: said }),
    unheld.length > 0 && h("span", { class: "small" }, say("Nobody answers for: {roles}", { roles: all(unheld) })));
}

export function duty({ obligation, incident }: Duty, several: boolean): HTMLElement {
  return h("li", { class: "duty", "data-state": obligation.state, "data-obligation": String(obligation.id) },
    h("span", { class: "clock" }, icon(obligation.state === "overdue" ? "clock-exclamation" : "clock"),
      obligation.due_at ? clock("due", obligation.due_at) : h("span", { class: "muted" }, say("no clock"))),
    h("div", {},
      h("span", { class: "what" }, pick(obligation.title), obligation.turn > 1 ? ` (${obligation.turn})` : ""), " ", clause(obligation.clause, incident.plan),
      h("div", { class: "by" }, pick(obligation.owner_title), several ? h("span", { class: "nowrap" }, ` · ${incident.number}`) : null)));
}

/** Without a region it is the whole country where somebody said so, or machines did. */
function whereabouts({ regions, reach, origin }: Incident, names: Names): string {
  const nationwide = reach === "nationwide";
  if (nationwide && regions.length) return `${say("Nationwide")} · ${place(names, regions)}`;
  return regions.length || nationwide || origin === "signal" ? place(names, regions) : say("Place not known yet");
}

const percent = new Intl.NumberFormat("en-US", { style: "percent", maximumFractionDigits: 0 });

/** A hotline or a node may be counted in several regions: the region alone tells such readings apart. */
function where({ region, hotline, node }: Reading, names: Names): string {
  const parts = [nameOf(names, "regions", region), nameOf(names, "hotlines", hotline), nameOf(names, "nodes", node)].filter(Boolean);
  return parts.length ? parts.join(" · ") : say("Nationwide");
}

/** What a ratio says: so much over or below the mean, or such a part of the whole. */
function told(ratio: number, measure: Reading["threshold"]["measure"]): string {
  const figures = { percent: percent.format(Math.abs(ratio)) };
  if (measure === "share") return say("{percent} of the whole", figures);
  return ratio < 0 ? say("{percent} below the mean", figures) : say("{percent} over the mean", figures);
}

export function tile(reading: Reading, names: Names): HTMLElement {
  const { icon: shape, label, tone } = readingLook(reading.state);
  const value = reading.value === null || reading.state === "unknown" ? "—" : figure(reading.value, reading.unit);
  return h("div", { class: "tile", "data-tone": tone, "data-series": String(reading.series), "data-threshold": reading.threshold.id },
    h("span", { class: "muted small" }, `${nameOf(names, "metrics", reading.metric)} · ${where(reading, names)}`),
    h("span", { class: "value figure" }, value, " ", h("small", {}, value === "—" ? "" : unitName(reading.unit)),
      reading.ratio === null ? null : h("small", { class: "ratio" }, told(reading.ratio, reading.threshold.measure))),
    h("span", { class: "state" }, icon(shape), label, reading.since ? " · " : "", reading.since ? clock("ago", reading.since) : null),
    reading.flapping_since ? h("span", { class: "state" }, icon("activity"), say("Flapping"), " · ", clock("ago", reading.flapping_since)) : null,
    reading.muted_until ? h("span", { class: "state" }, icon("clock-pause"), reading.held ? say("Silenced, crossing held back") : say("Silenced"), " · ", clock("due", reading.muted_until)) : null,
    h("span", { class: "muted small threshold" }, nameOf(names, "thresholds", reading.threshold.id)));
}

/** Alarms are about the product and in real time, not in the world's. */
export const alarm = ({ text }: State["alarms"][number]): HTMLElement =>
  h("li", { class: "alarm" }, icon("alert-octagon"), h("span", {}, text));
