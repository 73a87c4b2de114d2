/**
 * The shipped reducer outside a browser: `{"state": …, "events": [frame, …]}` on stdin, the state after them on stdout. Fails loudly at anything
 * unexpected, in the state as in the events.
 */
import { readFileSync } from "node:fs";
import { list } from "./schema";
import { reduce } from "./reduce";
import { state as readState, type EventFrame } from "./types";

const input = JSON.parse(readFileSync(0, "utf8")) as { state: unknown; events: EventFrame[] };
const start = readState(input.state, "state");
const end = list<EventFrame>((frame) => frame as EventFrame)(input.events, "events").reduce(reduce, start);
process.stdout.write(JSON.stringify(end));
