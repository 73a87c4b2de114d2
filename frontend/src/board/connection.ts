/** One socket to the server that comes back by itself, and the timers around it; knows nothing of boards. */

/** Longest silence of a living socket: the server says its heads every 10 s. */
export const SILENCE_MS = 25_000;
const FIRST_MS = 500;
const LONGEST_MS = 15_000;

/** Milliseconds before the n-th attempt, spread so that a room full of boards does not come back at one instant. */
export const backoff = (attempt: number, chance: number = Math.random()): number =>
  Math.min(LONGEST_MS, FIRST_MS * 2 ** attempt) * (0.5 + chance / 2);

export type Listener = { readonly heard: (text: string) => void; readonly lost: () => void };

export class Connection {
  private socket: WebSocket | undefined;
  private attempt = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private stopped = false;

  constructor(private readonly url: string, private readonly listener: Listener) {}

  open(): void {
    const socket = new WebSocket(this.url);
    this.socket = socket;
    this.watch();
    socket.onmessage = ({ data }) => {
      this.attempt = 0;
      this.watch();
      this.listener.heard(String(data));
    };
    socket.onclose = () => this.dropped(socket);
  }

  close(): void {
    this.stopped = true;
    clearTimeout(this.timer);
    this.socket?.close();
  }

  /** Try now, without waiting: the device says that it is online again. */
  hurry(): void {
    if (this.stopped || this.socket) return;
    clearTimeout(this.timer);
    this.open();
  }

  private watch(): void {
    clearTimeout(this.timer);
    // A dead network closes nothing; only the silence tells.
    this.timer = setTimeout(() => this.socket && this.dropped(this.socket), SILENCE_MS);
  }

  private dropped(socket: WebSocket): void {
    if (socket !== this.socket) return;
    this.socket = undefined;
    socket.onmessage = socket.onclose = null;
    socket.close();
    clearTimeout(this.timer);
    if (this.stopped) return;
    this.listener.lost();
    this.timer = setTimeout(() => this.open(), backoff(this.attempt++));
  }
}
