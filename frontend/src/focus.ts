/**
 * Live parts are drawn again while somebody goes through them by keyboard. An element that is taken out of the page takes the focus with it: it is
 * given back to the element that stands for the same thing, without moving the page under the reader.
 */
const REACHED = "a[href], button, input, select, textarea, summary, [tabindex]";
/** What a row or a card is about; without one, the page as a whole. */
const THING = "[data-key], [data-obligation], [data-incident], [data-series], [id]";

function name(element: Element): string {
  const { obligation, incident, series, key } = (element as HTMLElement).dataset;
  return key ?? obligation ?? incident ?? series ?? element.id;
}

function signature(element: Element): string {
  const things: string[] = [];
  for (let at: Element | null = element.closest(THING); at; at = at.parentElement?.closest(THING) ?? null) things.push(name(at));
  const own = ["href", "name", "value", "type"].map((attribute) => element.getAttribute(attribute) ?? "");
  return JSON.stringify([element.localName, ...own, ...things]);
}

/** Draw again what is inside `root`, or `root` itself; `now` finds the place afterwards when it was itself replaced. */
export function keepingFocus(root: Element, draw: () => void, now: () => Element | null = () => root): void {
  const held = document.activeElement;
  if (!held || held === document.body || !root.contains(held)) return draw();
  const wanted = signature(held);
  const alike = (place: Element): HTMLElement[] => [...place.querySelectorAll<HTMLElement>(REACHED)].filter((one) => signature(one) === wanted);
  const nth = alike(root).indexOf(held as HTMLElement);
  draw();
  if (document.activeElement === held) return;
  const place = now();
  const found = held.isConnected ? (held as HTMLElement) : place && alike(place)[nth];
  if (found) found.focus({ preventScroll: true });
}
