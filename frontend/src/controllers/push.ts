/**
 * How this browser stands to notifications, and turning them on and off in it: `<section data-controller="push" data-key="…">` with one
 * `[data-push-state]` a state, the form `[data-push-form]` that hands the subscription over, and a `[data-push-row=digest]` anywhere on the
 * page for each browser that the server knows. Sending is the forms' own: what the browser does comes before, and nothing else.
 */
import { controller } from "./registry";

export type State = "unsupported" | "blocked" | "off" | "elsewhere" | "here" | "failed";
const WORKER = "/sw.js";

export function bytesOf(base64url: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64url.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
}

export async function digestOf(address: string): Promise<string> {
  const sum = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(address));
  return Array.from(new Uint8Array(sum), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

const supported = () =>
  window.isSecureContext && "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;

const same = (a: ArrayBuffer | null | undefined, b: Uint8Array) =>
  a?.byteLength === b.length && new Uint8Array(a).every((byte, n) => byte === b[n]);

/** What this browser has; made for another key than ours it is of no use and ends. */
async function subscribed(key: string): Promise<PushSubscription | null> {
  const registration = await navigator.serviceWorker.getRegistration("/");
  const found = (await registration?.pushManager.getSubscription()) ?? null;
  if (!found || same(found.options.applicationServerKey, bytesOf(key))) return found;
  await found.unsubscribe();
  return null;
}

const rows = () => [...document.querySelectorAll<HTMLElement>("[data-push-row]")];

async function stands(key: string): Promise<State> {
  if (!supported()) return "unsupported";
  if (Notification.permission === "denied") return "blocked";
  const own = await subscribed(key);
  const digest = own && Notification.permission === "granted" ? await digestOf(own.endpoint) : "";
  const row = rows().find((one) => digest && one.dataset.pushRow === digest);
  row?.querySelector("[data-push-here]")?.removeAttribute("hidden");
  if (row) return "here";
  return rows().length ? "elsewhere" : "off";
}

function fill(form: HTMLFormElement, own: PushSubscription): void {
  const said = own.toJSON();
  const values = { endpoint: own.endpoint, p256dh: said.keys?.p256dh ?? "", auth: said.keys?.auth ?? "" };
  for (const [name, value] of Object.entries(values)) form.querySelector<HTMLInputElement>(`[name=${name}]`)!.value = value;
}

controller("push", (place) => {
  const key = place.dataset.key ?? "";
  const form = place.querySelector<HTMLFormElement>("[data-push-form]")!;
  const button = place.querySelector<HTMLButtonElement>("[data-push-on]")!;
  const show = (state: State) => {
    for (const one of place.querySelectorAll<HTMLElement>("[data-push-state]")) one.hidden = one.dataset.pushState !== state;
    form.hidden = !["off", "elsewhere", "failed"].includes(state);
    place.dataset.state = state;
  };
  const turnOn = async () => {
    button.disabled = true;
    try {
      if ((await Notification.requestPermission()) !== "granted") return show(await stands(key));
      await navigator.serviceWorker.register(WORKER, { scope: "/" });
      const { pushManager } = await navigator.serviceWorker.ready;
      fill(form, (await subscribed(key)) ?? (await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytesOf(key) })));
      form.requestSubmit();
    } catch (error) {
      console.warn(error);
      show("failed");
    } finally {
      button.disabled = false;
    }
  };
  const remove = (event: SubmitEvent) => {
    const leaving = (event.target as HTMLElement).closest<HTMLFormElement>("[data-push-remove]");
    const here = leaving?.closest("[data-push-row]")?.querySelector("[data-push-here]:not([hidden])");
    if (!leaving || !here) return;
    // This browser forgets first: if it cannot, the server forgets all the same.
    event.preventDefault();
    void subscribed(key).then((own) => own?.unsubscribe()).catch(console.warn).finally(() => leaving.submit());
  };
  button.addEventListener("click", turnOn);
  document.addEventListener("submit", remove);
  stands(key).then(show, (error: unknown) => {
    console.warn(error);
    show("failed");
  });
  return () => {
    button.removeEventListener("click", turnOn);
    document.removeEventListener("submit", remove);
  };
});
