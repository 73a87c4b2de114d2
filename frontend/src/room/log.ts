/**
 * `<ol class="log" data-controller="log" data-source="ID">`: the incident's log, newest first, in the words the board uses. The JSON script holds
 * `{events, names}`; each event carries the name of who acted.
 */
import { clause, clock, h } from "../board/dom";
import { line, roleOf } from "../board/sentences";
import { incidentEvent, type Incident, type State } from "../board/types";
import { controller } from "../controllers/registry";
import { pick, say } from "../words";

type Raw = { readonly actor: { readonly name?: string; readonly in_place_of?: string }; readonly authority: string };
type Source = { readonly events: readonly Raw[]; readonly names: State["names"] };

/** The sentences look up an obligation's title here first, then among the names. */
const NONE = { obligations: [] } as unknown as Incident;

function entry(raw: Raw, names: State["names"]): HTMLElement {
  const event = incidentEvent(raw, "log");
  const { text, detail, grave } = line(event, NONE, names);
  const { role: key } = roleOf(raw.authority);
  const held = pick(names.roles?.[key]) || pick(names.rights?.[key]) || "";
  const role = raw.actor.in_place_of ? say("{role}, as deputy of {name}", { role: held, name: raw.actor.in_place_of }) : held;
  const who = [raw.actor.name, role].filter(Boolean).join(" · ");
  return h("li", { "data-tone": grave ? "bad" : "quiet" },
    h("span", { class: "when" }, clock("ago", event.occurred)),
    h("div", {}, h("span", { class: "what" }, text), " ", clause(event.clause, event.plan_version), detail ? h("div", { class: "said" }, detail) : null,
      who ? h("div", { class: "by" }, who) : null));
}

controller("log", (list) => {
  const source = JSON.parse(document.getElementById(list.dataset.source ?? "")?.textContent ?? "null") as Source | null;
  if (source) list.replaceChildren(...source.events.map((raw) => entry(raw, source.names)));
});
