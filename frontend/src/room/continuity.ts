/**
 * `<div data-controller="continuity" data-source="ID" data-icons="sprite" data-region="east">`: the business-continuity index, kept up to date by the
 * readings that the page's socket brings. The JSON script holds `{rules, trend, readings, names}`.
 */
import { continuity } from "../board/continuity";
import { continuityTile } from "../board/continuityview";
import { iconsFrom } from "../board/dom";
import { withReading } from "../board/reduce";
import { list, shape } from "../board/schema";
import { bci, reading, type State } from "../board/types";
import { controller } from "../controllers/registry";

const source = shape({ bci, readings: list(reading) });

controller("continuity", (place) => {
  const text = document.getElementById(place.dataset.source ?? "")?.textContent;
  if (!text) return;
  iconsFrom(place.dataset.icons ?? "");
  const { names, ...given } = JSON.parse(text) as { names: State["names"] };
  const known = source(given, "continuity");
  const region = place.dataset.region || null;
  let readings = known.readings;
  const show = (): void => place.replaceChildren(continuityTile(continuity(known.bci.rules, readings, region), known.bci.trend, names, region, known.bci.clause));
  const heard = (event: Event): void => {
    const { t: _t, world: _world, ...fresh } = (event as CustomEvent<Record<string, unknown>>).detail;
    readings = withReading(readings, reading(fresh, "reading"));
    show();
  };
  document.addEventListener("reading", heard);
  show();
  return () => document.removeEventListener("reading", heard);
});
