/** What every page has: htmx, the clocks, and the controllers that pages declare. */
import "./styles/main.css";
import htmx from "htmx.org";
import { clocksStart } from "./controllers/clocks";
import "./controllers/autosubmit";
import "./controllers/confirm";
import { draftSettle } from "./controllers/draft";
import "./controllers/fold";
import "./controllers/goline";
import "./controllers/menu";
import "./controllers/push";
import "./controllers/theme";
import { toastsListen } from "./controllers/toasts";
import { start } from "./controllers/registry";
import { csrfToken, newKey } from "./http";
import { worldClockFromPage } from "./worldclock";

worldClockFromPage();

document.body.addEventListener("htmx:configRequest", (event) => {
  const { headers, verb } = (event as CustomEvent<{ headers: Record<string, string>; verb: string }>).detail;
  if (verb === "get") return;
  headers["X-CSRFToken"] = csrfToken();
  headers["Idempotency-Key"] ??= newKey();
});

toastsListen();
draftSettle();
start();
clocksStart();
htmx.process(document.body);
