/**
 * The log's sentences outside a browser: `{"lang": …, "words": …, "names": …, "events": […]}` on stdin, `[{text, detail, grave}, …]` on stdout.
 */
import { readFileSync } from "node:fs";
import { line } from "./sentences";
import { incidentEvent, type Incident, type State } from "./types";

type Input = { readonly lang: string; readonly words: Record<string, string>; readonly names: State["names"]; readonly events: readonly unknown[] };

const input = JSON.parse(readFileSync(0, "utf8")) as Input;
// What the sentences ask of a page: its language, and the words that the server wrote into it.
Object.assign(globalThis, {
  document: {
    documentElement: { lang: input.lang },
    getElementById: (id: string) => (id === "words" ? { textContent: JSON.stringify(input.words) } : null),
  },
});
const NONE = { obligations: [] } as unknown as Incident;
process.stdout.write(JSON.stringify(input.events.map((event) => line(incidentEvent(event, "event"), NONE, input.names))));
