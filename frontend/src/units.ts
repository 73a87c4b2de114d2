import { say } from "./words";

/** Units as people write them; what is merely counted has none. */
export function unitName(code: string): string {
  switch (code) {
    case "percent": return "%";
    case "seconds": return say("s");
    case "count": return "";
    default: return code;
  }
}
