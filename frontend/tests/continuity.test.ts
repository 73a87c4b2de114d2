import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { continuity } from "../src/board/continuity";
import { continuityLook, continuityTile, sparkline } from "../src/board/continuityview";
import { fit } from "../src/board/fit";
import { reduce, withReading } from "../src/board/reduce";
import type { EventFrame, IndexRule, Reading, State } from "../src/board/types";

type Row = [metric: string, region: string | null, state: string, value: number | null, ratio: number | null, hotline?: string, node?: string | null];
type Case = { name: string; region: string | null; readings: Row[]; value: number | null; marks: Record<string, number | null> };
const file = JSON.parse(readFileSync(join(import.meta.dirname, "../../tests/domain/signals/continuity.json"), "utf8")) as { rules: IndexRule[]; cases: Case[] };

const reading = ([metric, region, state, value, ratio, hotline, node]: Row, series = 1): Reading => ({
  series, metric, region, state: state as Reading["state"], value, ratio, hotline: hotline ?? null, node: node ?? null,
  at: "2026-11-24T03:05:00Z", unit: "percent", baseline: null, threshold: { id: "t", value: 50, direction: "below", measure: "value" }, since: null, muted_until: null, held: false, flapping_since: null,
});

describe("the business-continuity index", () => {
  it.each(file.cases)("is what the server computes: $name", ({ readings, region, value, marks }) => {
    const found = continuity(file.rules, readings.map((row) => reading(row)), region);
    expect(found.value).toBe(value);
    expect(Object.fromEntries(found.parts.map((part) => [part.rule.key, part.marks]))).toEqual(marks);
  });

  it("says in a word and a shape how it stands", () => {
    expect([95, 90, 89.9, 60, 59.9, null].map((value) => continuityLook(value).tone)).toEqual(["ok", "ok", "warn", "warn", "bad", "unknown"]);
  });

  it("names what it was computed without, and shows no figure when nothing is known", () => {
    const some = continuityTile(continuity(file.rules, [reading(["availability", null, "normal", 99.95, null])], null), [], {}, null, "1.2");
    expect(some.querySelector("a.clause")!.textContent).toBe("1.2");
    expect(some.dataset.value).toBe("100");
    expect(some.querySelector(".missing")!.textContent).toContain("Call success rate, Mean queue time");
    const none = continuityTile(continuity(file.rules, [], null), [], {}, null, "");
    expect(none.querySelector("a.clause"), "a plan that asks for no index").toBeNull();
    expect(none.dataset).toMatchObject({ value: "—", tone: "unknown" });
    expect(none.querySelector(".missing")).toBeNull();
  });

  it("tells how it moved in the past hour", () => {
    const now = continuity(file.rules, [reading(["availability", null, "over", 60, null])], null);
    const told = continuityTile(now, [{ at: "2026-11-24T02:05:00Z", value: 98 }, { at: "2026-11-24T02:10:00Z", value: 60 }], {}, null, "1.2");
    expect(told.querySelector(".movement")!.textContent).toBe("-78 in the past hour");
  });

  it("breaks the line where nothing was known", () => {
    const line = sparkline([1, 2, null, 3].map((value) => ({ at: "2026-11-24T02:05:00Z", value })), 4);
    expect(line.querySelectorAll("polyline")).toHaveLength(2);
  });

  it("follows a newer reading and not one that came late", () => {
    const known = [reading(["availability", null, "normal", 99.9, null])];
    const late = { ...reading(["availability", null, "over", 10, null]), at: "2026-11-24T03:00:00Z" };
    const fresh = { ...late, at: "2026-11-24T03:06:00Z" };
    expect(continuity(file.rules, withReading(known, late), null).value).toBe(100);
    expect(continuity(file.rules, withReading(known, fresh), null).value).toBe(0);
  });
});

describe("tasks on the board", () => {
  const incident = { stream: 7, seq: 1, number: "2026-0001", phase: "response", tasks: [{ id: 1, group: "a" }], log: [], obligations: [], groups: [] };
  const start = { heads: { 7: 1 }, incidents: [incident], names: {} } as unknown as State;
  const frame = (kind: string, data: unknown): EventFrame => ({
    t: "event", stream: 7, seq: 2, incident: "2026-0001",
    event: {
      stream: 7, seq: 2, kind, data, occurred: "2026-11-24T03:05:00Z", known: "2026-11-24T03:05:00Z", recorded: "2026-11-24T03:05:00Z",
      actor: { kind: "person", id: 3 }, authority: "tech_lead", plan_version: 1, clause: "2.2",
    },
  });

  it.each([
    ["task.given", { id: 2, group: "b", assignee: 9, title: "x", due_at: null }, [1, 2]],
    ["task.done", { id: 1, group: "a", title: "x", note: "", late: false }, []],
    ["task.cancelled", { id: 1, group: "a", title: null, reason: null }, []],
    ["task.reassigned", { id: 1, group: "a", before: 3, after: 9, title: "x", reason: "" }, [1]],
  ])("%s", (kind, data, left) => {
    const [after] = reduce(start, frame(kind, data)).incidents;
    expect(after!.tasks.map((task) => task.id)).toEqual(left);
    expect(after!.log).toHaveLength(1);
  });
});

describe("a list that must not scroll", () => {
  const list = document.createElement("ul");
  beforeEach(() => {
    list.innerHTML = "<li>1</li><li>2</li><li>3</li><li>4</li>";
    // Each entry that shows is 10 high, in a list 30 high.
    Object.defineProperty(list, "clientHeight", { get: () => 30, configurable: true });
    Object.defineProperty(list, "scrollHeight", { get: () => [...list.children].filter((one) => !(one as HTMLElement).hidden).length * 10, configurable: true });
  });
  afterEach(() => list.replaceChildren());

  it("counts what does not fit", () => {
    fit(list);
    expect([...list.children].filter((one) => !(one as HTMLElement).hidden).map((one) => one.textContent)).toEqual(["1", "2", "and 2 more"]);
    fit(list);
    expect(list.querySelectorAll(".more")).toHaveLength(1);
  });
});
