/**
 * Keeps the board's state right whatever the line does (DESIGN.md, rule 8). Frames are taken one at a time and in order. A missed number is fetched;
 * without a socket the whole state is polled; after a reconnection it is read anew. Losing every frame costs seconds, never rightness.
 */
import { send, Unreachable } from "../http";
import { worldClock } from "../worldclock";
import { Connection } from "./connection";
import { head, reduce, reduceReading } from "./reduce";
import { Unexpected } from "./schema";
import { reading as readReading, state as readState, type EventFrame, type Frame, type State } from "./types";

export type Line = "live" | "lost" | "signed-out" | "outdated";
export type Shown = { readonly state: State; readonly line: Line; readonly since: number };

const POLL_MS = 3000;
/** Of an alarm that stands, only its mark comes by frame; its words may change. */
const REFRESH_MS = 30_000;
/** Boards that hear at one instant that something changed do not all ask at that instant: within this where the server does not say. */
const SPREAD_MS = 1500;
const PAGE = 500;

class SignedOut extends Error {}
class Busy extends Error {}

async function get(url: string): Promise<unknown> {
  const response = await send(url, { headers: { Accept: "application/json" } });
  if (response.status === 401 || response.status === 403) throw new SignedOut(url);
  if (!response.ok) throw new Busy(`${url}: ${response.status}`);
  return response.json();
}

export class Feed {
  private state: State | undefined;
  private line: Line = "lost";
  private since = Date.now();
  private readonly tasks: (() => Promise<void>)[] = [];
  private working = false;
  private connected = false;
  private around = "";
  private timer: ReturnType<typeof setTimeout> | undefined;
  /** Apart from `timer`: nothing that sets that one anew may lose what another mark asks for. */
  private soon: ReturnType<typeof setTimeout> | undefined;
  private readonly connection: Connection;

  constructor(private readonly world: string, private readonly show: (shown: Shown) => void, origin: string = location.origin) {
    this.connection = new Connection(`${origin.replace(/^http/, "ws")}/ws/board/?world=${encodeURIComponent(world)}`, {
      heard: (text) => void this.enqueue(() => this.follow(JSON.parse(text) as Frame)),
      lost: () => {
        this.connected = false;
        this.turn("lost");
      },
    });
  }

  /** `first` is the state the page came with. */
  start(first?: unknown): void {
    if (first !== undefined) void this.enqueue(async () => this.take(first));
    this.connection.open();
    this.schedule(first === undefined ? 0 : POLL_MS);
    window.addEventListener("online", this.online);
  }

  stop(): void {
    window.removeEventListener("online", this.online);
    this.connection.close();
    clearTimeout(this.timer);
    this.settle();
  }

  private readonly online = (): void => this.connection.hurry();

  private take(snapshot: unknown): void {
    this.state = readState(snapshot, "state");
    worldClock.set(this.state.world.now, this.state.world.rate);
    if (this.line !== "live") this.since = Date.now();
    this.tell();
  }

  private turn(line: Line): void {
    if (this.line === "outdated" || this.line === line) return;
    if (line !== "signed-out") this.since = Date.now();
    this.line = line;
    this.schedule(line === "live" ? REFRESH_MS : POLL_MS);
    this.tell();
  }

  private tell(): void {
    if (this.state) this.show({ state: this.state, line: this.line, since: this.since });
  }

  private schedule(ms: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.poll(), ms);
  }

  private async poll(): Promise<void> {
    await this.enqueue(() => this.reload());
    this.schedule(this.line === "live" ? REFRESH_MS : POLL_MS);
  }

  /** One thing at a time: a state that was asked for before an event must not arrive after it and undo it. */
  private async enqueue(task: () => Promise<void>): Promise<void> {
    this.tasks.push(task);
    if (this.working) return;
    this.working = true;
    try {
      for (let next = this.tasks.shift(); next; next = this.tasks.shift()) await this.tried(next);
    } finally {
      this.working = false;
    }
  }

  private async follow(frame: Frame): Promise<void> {
    switch (frame.t) {
      case "hello":
        this.connected = true;
        this.around = frame.around ?? "";
        return this.reload();
      case "heads":
        worldClock.set(frame.now, this.state?.world.rate ?? 1);
        this.differs(frame.around ?? this.around, frame.spread);
        return this.compare(frame.heads);
      case "around":
        return this.differs(frame.around, frame.spread);
      case "event":
        return this.event(frame);
      case "reading": {
        const { t: _t, world: _world, ...reading } = frame;
        if (this.state) this.state = reduceReading(this.state, readReading(reading, "reading"));
        return this.tell();
      }
      case "inbox":
        document.dispatchEvent(new CustomEvent("inbox"));
    }
  }

  /** Alarms, or who stands in, are others than before: they come by no event, so that the whole is read, soon. */
  private differs(around: string, spread = SPREAD_MS): void {
    if (around === this.around) return;
    this.around = around;
    this.soon ??= setTimeout(() => void this.poll(), Math.random() * spread);
  }

  private settle(): void {
    clearTimeout(this.soon);
    this.soon = undefined;
  }

  private async event(frame: EventFrame): Promise<void> {
    if (!this.state) return this.reload();
    const known = head(this.state, frame.stream);
    if (frame.seq <= known) return;
    if (frame.seq > known + 1 || frame.event === null) return this.catchUp(frame.stream);
    this.state = reduce(this.state, frame);
    this.tell();
  }

  private async compare(heads: Readonly<Record<string, number>>): Promise<void> {
    for (const [stream, seq] of Object.entries(heads))
      if (!this.state || seq > head(this.state, Number(stream))) await this.catchUp(Number(stream));
  }

  /** Fetch what was missed of an incident; anything else missed is a reason to read the whole. */
  private async catchUp(stream: number): Promise<void> {
    const incident = this.state?.incidents.find((one) => one.stream === stream);
    if (!this.state || !incident) return this.reload();
    const after = head(this.state, stream);
    const { events } = (await get(`/api/v1/incidents/${incident.number}/events?after=${after}`)) as { events: { seq: number }[] };
    if (events.length >= PAGE || events[0]?.seq !== after + 1) return this.reload();
    for (const event of events) this.state = reduce(this.state, { t: "event", stream, seq: event.seq, incident: incident.number, event });
    this.tell();
  }

  private async reload(): Promise<void> {
    this.settle(); // a mark heard from here on is looked at after this, and asks anew
    this.take(await get(`/api/v1/board?world=${encodeURIComponent(this.world)}`));
  }

  /** Do it, and turn each way it can end into what the page says. */
  private async tried(what: () => Promise<void>): Promise<void> {
    try {
      await what();
      this.turn(this.connected ? "live" : "lost");
    } catch (error) {
      if (error instanceof SignedOut) this.turn("signed-out");
      else if (error instanceof Unexpected) {
        console.error(error.message);
        this.turn("outdated");
      } else if (error instanceof Unreachable || error instanceof Busy) this.turn("lost");
      else throw error;
    }
  }
}
