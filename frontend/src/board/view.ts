/**
 * Draws the state into the page's places (`[data-part]`). What did not change is not drawn again: the state's slices are immutable, so comparing
 * references is enough.
 */
import { ago } from "../spans";
import { keepingFocus } from "../focus";
import { say } from "../words";
import { continuity } from "./continuity";
import { continuityChip, continuityTile } from "./continuityview";
import { chip, h, icon } from "./dom";
import type { Shown } from "./feed";
import { fit } from "./fit";
import { alarm, duty, incidentCard, level, standIn, tile, type Duty } from "./parts";
import { byDue } from "./reduce";
import type { Incident, Reading, State } from "./types";

const URGENCY: Readonly<Record<Reading["state"], number>> = { over: 0, near: 1, unknown: 2, normal: 3 };

/** The gravest level of a plan is grade 1; no level comes last. */
const gravest = ({ incidents, grades }: State): Incident[] =>
  [...incidents].sort((a, b) => (grades[a.level ?? ""] ?? 4) - (grades[b.level ?? ""] ?? 4) || Date.parse(a.opened_at) - Date.parse(b.opened_at));

export class View {
  private drawn: State | undefined;
  private readonly cards = new Map<string, { incident: Incident; element: HTMLElement }>();
  private shown: Shown | undefined;

  constructor(private readonly root: HTMLElement) {}

  show(shown: Shown): void {
    const { state } = shown;
    const before = this.drawn;
    this.shown = shown;
    this.drawn = state;
    this.line();
    if (state !== before) keepingFocus(this.root, () => this.draw(state, before));
  }

  private draw(state: State, before: State | undefined): void {
    if (state.incidents !== before?.incidents || state.names !== before.names) {
      this.incidents(state);
      this.duties(state);
      this.summary(state);
    }
    if (state.readings !== before?.readings || state.names !== before.names) this.readings(state);
    this.continuity(state);
    if (state.alarms !== before?.alarms) this.part("alarms")?.replaceChildren(...state.alarms.map(alarm));
    if (state.standing_in !== before?.standing_in) this.part("standing-in")?.replaceChildren(...state.standing_in.map((one) => standIn(one, state.names)));
    this.fit();
  }

  /** A wall does not scroll: what does not fit is counted instead. Called again when the window changes. */
  fit(): void {
    if (document.documentElement.dataset.theme !== "wall") return;
    this.root.querySelectorAll<HTMLElement>('[data-part="incidents"], [data-part="duties"], [data-part="readings"], .incident .log').forEach(fit);
  }

  /** How the line to the server stands; called once a second, because an old state ages. */
  line(): void {
    const place = this.part("line");
    if (!this.shown || !place) return;
    const { line, since } = this.shown;
    const age = ago(since, Date.now());
    const look = {
      live: () => chip({ icon: "wifi", tone: "ok", label: say("Live") }),
      lost: () => chip({ icon: "plug-connected-x", tone: "warn", label: say("Reconnecting; this state is from: {age}", { age }) }),
      "signed-out": () => chip({ icon: "lock", tone: "bad", label: say("Signed out; this state is from: {age}", { age }) }),
      outdated: () => chip({ icon: "refresh", tone: "bad", label: say("This page is older than the server; reload it") }),
    }[line]();
    if (place.textContent !== look.textContent || this.root.dataset.line !== line) place.replaceChildren(look);
    this.root.dataset.line = line;
  }

  private part(name: string): HTMLElement | null {
    return this.root.querySelector<HTMLElement>(`[data-part="${name}"]`);
  }

  private incidents(state: State): void {
    const elements = gravest(state).map((incident) => {
      const known = this.cards.get(incident.number);
      if (known?.incident === incident) return known.element;
      const element = incidentCard(incident, state);
      this.cards.set(incident.number, { incident, element });
      return element;
    });
    const standing = new Set(state.incidents.map(({ number }) => number));
    [...this.cards.keys()].filter((number) => !standing.has(number)).forEach((number) => this.cards.delete(number));
    this.part("incidents")?.replaceChildren(...(elements.length ? elements : [calm()]));
  }

  private duties(state: State): void {
    const all: Duty[] = state.incidents.flatMap((incident) => incident.obligations.map((obligation) => ({ obligation, incident })));
    all.sort((a, b) => byDue(a.obligation, b.obligation));
    const several = state.incidents.length > 1;
    const none = h("li", { class: "muted" }, say("Nothing is due."));
    this.part("duties")?.replaceChildren(...(all.length ? all.map((one) => duty(one, several)) : [none]));
  }

  private summary(state: State): void {
    const first = gravest(state)[0];
    const overdue = state.incidents.flatMap((one) => one.obligations).filter((one) => one.state === "overdue").length;
    this.root.dataset.level = first?.level ?? "";
    this.part("summary")?.replaceChildren(
      first ? level(first, state) : h("strong", {}, say("No incident")),
      h("span", {}, state.incidents.length === 1 ? say("1 incident") : say("{n} incidents", { n: state.incidents.length })),
      h("span", { "data-tone": overdue ? "bad" : "ok", class: "chip" }, icon(overdue ? "clock-exclamation" : "circle-check"), say("{n} overdue", { n: overdue })),
    );
  }

  /** The country's index, and on each card that of its incident's region. */
  private continuity({ bci, readings, names }: State): void {
    const place = this.part("continuity");
    if (place) place.hidden = !bci.rules.length;
    if (!bci.rules.length) return;
    place?.replaceChildren(continuityTile(continuity(bci.rules, readings, null), bci.trend, names, null, bci.clause));
    this.root.querySelectorAll<HTMLElement>("[data-bci]").forEach((place) =>
      place.replaceChildren(continuityChip(continuity(bci.rules, readings, place.dataset.bci || null))));
  }

  private readings(state: State): void {
    const sorted = [...state.readings].sort((a, b) => URGENCY[a.state] - URGENCY[b.state]);
    this.part("readings")?.replaceChildren(...sorted.map((reading) => tile(reading, state.names)));
  }
}

const calm = (): HTMLElement =>
  h("div", { class: "state-note nothing", "data-tone": "ok" }, icon("circle-check"), h("strong", {}, say("No incident is open.")),
    h("p", { class: "muted" }, say("The readings below are watched; a crossed threshold opens a warning by itself.")));
