/**
 * The board's own parts on the design page: `<div data-controller="board-parts" data-source="ID" data-icons="sprite">`. The JSON script holds a state
 * as the board is given it, and further indices.
 */
import "./styles/continuity.css";
import "./styles/board.css";
import { continuity } from "./board/continuity";
import { continuityChip, continuityTile } from "./board/continuityview";
import { h, iconsFrom } from "./board/dom";
import { alarm, duty, incidentCard, tile } from "./board/parts";
import { state } from "./board/types";
import { controller } from "./controllers/registry";

controller("board-parts", (place) => {
  const text = document.getElementById(place.dataset.source ?? "")?.textContent;
  if (!text) return;
  iconsFrom(place.dataset.icons ?? "");
  const shown = state(JSON.parse(text), "specimens");
  const { incidents, readings, bci, alarms, names } = shown;
  const index = continuity(bci.rules, readings, null);
  const cards = incidents.map((incident) => incidentCard(incident, shown));
  for (const card of cards) card.querySelector("[data-bci]")?.replaceChildren(continuityChip(index));
  const duties = incidents.flatMap((incident) => incident.obligations.map((obligation) => duty({ obligation, incident }, true)));
  const gauges = [index, continuity(bci.rules, [], null)].map((found) =>
    h("div", { class: "card card-body" }, continuityTile(found, found.value === null ? [] : bci.trend, names, null, bci.clause)));
  place.replaceChildren(
    h("ul", { class: "duty-list" }, ...alarms.map(alarm)), ...cards, h("ul", { class: "duty-list" }, ...duties),
    h("div", { class: "tiles" }, ...readings.map((reading) => tile(reading, names))), ...gauges);
});
