/**
 * `<figure data-controller="series" data-source="ID of a JSON script">`, or `data-url="…"` to fetch the same shape (`Series`) and again every
 * `data-every` seconds. The chart is drawn into the element's `[data-plot]`.
 */
import { LineChart } from "echarts/charts";
import { AriaComponent, GridComponent, MarkAreaComponent, MarkLineComponent, TooltipComponent } from "echarts/components";
import { init, use, type EChartsType } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { controller } from "../controllers/registry";
import { companyZone } from "../controllers/clocks";
import { send, Unreachable } from "../http";
import { chartOption, type Palette, type Series } from "./option";

use([LineChart, GridComponent, TooltipComponent, MarkLineComponent, MarkAreaComponent, AriaComponent, CanvasRenderer]);

/** The themes' colours as a canvas needs them: resolved by the browser, because a token may be written as light-dark(…). */
function palette(element: HTMLElement): Palette {
  const probe = document.createElement("span");
  element.append(probe);
  const colour = (token: string): string => {
    probe.className = `chart-${token}`;
    return getComputedStyle(probe).color;
  };
  const found: Palette = {
    line: colour("line"), mean: colour("mean"), threshold: colour("threshold"), over: colour("over"), band: colour("band"), flat: colour("flat"), beside: colour("beside"), hushed: colour("hushed"), unknown: colour("unknown"),
    text: colour("text"), grid: colour("grid"), font: getComputedStyle(element).fontFamily,
  };
  probe.remove();
  return found;
}

/** The series to show; undefined when the server cannot be asked now. */
async function read(element: HTMLElement): Promise<Series | undefined> {
  const { source, url } = element.dataset;
  if (source) return JSON.parse(document.getElementById(source)?.textContent ?? "null") as Series;
  try {
    const response = await send(url ?? "", { headers: { Accept: "application/json" } });
    return response.ok ? ((await response.json()) as Series) : undefined;
  } catch (error) {
    if (error instanceof Unreachable) return undefined;
    throw error;
  }
}

controller("series", (element) => {
  const plot = element.querySelector<HTMLElement>("[data-plot]") ?? element;
  const chart: EChartsType = init(plot);
  let shown: Series | undefined;
  const paint = () => shown && chart.setOption(chartOption(shown, palette(element), companyZone()), { notMerge: true });
  // A canvas asks for the glyphs it wants as it is painted and shows others meanwhile: paint again once they are here.
  const draw = () => {
    paint();
    void document.fonts?.ready.then(() => chart.isDisposed() || paint());
  };
  const load = async () => {
    const fresh = await read(element);
    element.toggleAttribute("data-stale", !fresh); // the style says that the chart is old; the next turn tries again
    shown = fresh ?? shown;
    draw();
  };
  const resize = new ResizeObserver(() => chart.resize());
  resize.observe(plot);
  document.addEventListener("themechange", draw);
  const every = Number(element.dataset.every ?? 0);
  const timer = every > 0 ? setInterval(() => void load(), every * 1000) : undefined;
  void load();
  return () => {
    clearInterval(timer);
    resize.disconnect();
    document.removeEventListener("themechange", draw);
    chart.dispose();
  };
});
