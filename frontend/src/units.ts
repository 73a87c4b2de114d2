import { say } from "./words";

/** Units as people write them; what is merely counted has none. */
export function unitName(code: string): string {
  switch (code) {
    case "percent": return "%";
    case "seconds": return say("s");
    case "minutes": return say("min");
    case "hours": return say("h");
    case "degrees": return "°C";
    case "count": return "";
    default: return code;
  }
}
