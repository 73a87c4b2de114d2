/**
 * The worker behind notifications, at `/sw.js`: shows what is pushed, and opens its message when it is pressed. It answers no request and
 * keeps nothing, so that no page ever comes from an old copy; acknowledging is done on the page, by its button alone.
 */
import { type Pushed, shownOf } from "./push/shown";

type Later = Event & { waitUntil(done: Promise<unknown>): void };
type Pushing = Later & { readonly data: { json(): unknown } | null };
type Pressing = Later & { readonly notification: Notification };
type Window = { readonly url: string; focus(): Promise<Window>; navigate(url: string): Promise<Window | null> };
type Worker = {
  readonly location: Location;
  readonly registration: ServiceWorkerRegistration;
  readonly clients: { matchAll(of: { type: "window" }): Promise<readonly Window[]>; openWindow(url: string): Promise<Window | null> };
  addEventListener(kind: "push", does: (event: Pushing) => void): void;
  addEventListener(kind: "notificationclick", does: (event: Pressing) => void): void;
};
const worker = self as unknown as Worker;

/** Browsers ask that every push shows something, so what cannot be read leads to the messages. */
function read(event: Pushing): Partial<Pushed> {
  try {
    return (event.data?.json() ?? {}) as Partial<Pushed>;
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}

/** In a page that shows the messages already, else in a new one: a form half filled in is left alone. */
async function open(path: string): Promise<void> {
  const windows = await worker.clients.matchAll({ type: "window" });
  const there = windows.find((one) => new URL(one.url).pathname === "/messages/");
  if (there) await (await there.focus()).navigate(path);
  else await worker.clients.openWindow(path);
}

worker.addEventListener("push", (event) => {
  const { title, options } = shownOf(read(event), worker.location.origin);
  event.waitUntil(worker.registration.showNotification(title, options));
});

worker.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(String(event.notification.data)));
});
