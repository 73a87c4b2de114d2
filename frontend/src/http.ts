/** What every request of ours carries: the CSRF token and, on a change, a key under which sending twice makes one. */

export function csrfToken(): string {
  const field = document.querySelector<HTMLInputElement>("input[name=csrfmiddlewaretoken]");
  return field?.value ?? document.querySelector<HTMLMetaElement>("meta[name=csrf-token]")?.content ?? "";
}

/** 128 random bits. `crypto.randomUUID` is missing on plain http, where a practice machine may be. */
export function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** No answer came: the connection failed. Any answer, an error too, is not this. */
export class Unreachable extends Error {}

/** `fetch` that tells a missing connection from every other failure. */
export async function send(url: string, options: RequestInit): Promise<Response> {
  try {
    return await fetch(url, { credentials: "same-origin", ...options });
  } catch (error) {
    if (error instanceof TypeError) throw new Unreachable(error.message, { cause: error });
    throw error;
  }
}
