/**
 * The intake form on its way: kept in this browser until the server has answered, and sent again under the SAME key, so that a report whose
 * answer was lost on the way makes one incident, not two.
 */
import { csrfToken, newKey, send, Unreachable } from "../http";

export type Letter = { readonly key: string; readonly url: string; readonly body: string };
export type Outcome =
  | { readonly is: "arrived"; readonly at: string }
  | { readonly is: "refused"; readonly page: string }
  | { readonly is: "signed-out"; readonly at: string }
  | { readonly is: "kept" };

const TRANSIENT = new Set(["csrfmiddlewaretoken", "idempotency_key"]);

/** One outbox a person: on a shared machine nobody sends another's report under their own name. */
const outbox = (): string => `outbox:report:${document.documentElement.dataset.user ?? ""}`;

export function waiting(store: Storage = localStorage): Letter | undefined {
  const text = store.getItem(outbox());
  return text === null ? undefined : (JSON.parse(text) as Letter);
}

/** Put the form into the outbox. The same content keeps its key; changed content is another report with another key. */
export function post(url: string, fields: Iterable<[string, FormDataEntryValue]>, store: Storage = localStorage): Letter {
  const body = new URLSearchParams();
  for (const [name, value] of fields) if (typeof value === "string" && !TRANSIENT.has(name)) body.append(name, value);
  const before = waiting(store);
  const letter = before && before.url === url && before.body === body.toString() ? before : { key: newKey(), url, body: body.toString() };
  store.setItem(outbox(), JSON.stringify(letter));
  return letter;
}

export const forget = (store: Storage = localStorage): void => store.removeItem(outbox());

/** Busy servers and lost connections keep the letter; any other answer empties the outbox. */
export async function deliver(letter: Letter, store: Storage = localStorage): Promise<Outcome> {
  const body = new URLSearchParams(letter.body);
  body.append("idempotency_key", letter.key);
  try {
    const response = await send(letter.url, {
      method: "POST", body, headers: { "Idempotency-Key": letter.key, "X-CSRFToken": csrfToken(), Accept: "text/html" },
    });
    return await settle(response, store);
  } catch (error) {
    if (error instanceof Unreachable) return { is: "kept" };
    throw error;
  }
}

/** Timeout, the first sending of this key still under way, too many: answers of a server that did nothing yet. */
const BUSY = new Set([408, 409, 429]);

async function settle(response: Response, store: Storage): Promise<Outcome> {
  if (response.status >= 500 || BUSY.has(response.status)) return { is: "kept" };
  if (new URL(response.url, location.href).pathname.startsWith("/accounts/") || response.status === 401)
    return { is: "signed-out", at: response.url };
  forget(store);
  if (response.redirected) return { is: "arrived", at: response.url };
  return { is: "refused", page: await response.text() };
}
