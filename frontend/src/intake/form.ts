/**
 * `<form data-controller="draft intake">`: record first. Without a connection the form says so, keeps everything, and sends by itself when the
 * connection is back. It has a `[data-intake-state]` line for this, and works as a plain form where scripts fail.
 */
import { draftForget, draftStays } from "../controllers/draft";
import { controller } from "../controllers/registry";
import { say } from "../words";
import { deliver, post, waiting, type Letter, type Outcome } from "./outbox";

const RETRY_MS = 5000;

type State = "sending" | "kept" | "refused" | "signed-out" | "idle";

function sentence(state: State): string {
  switch (state) {
    case "sending": return say("Sending…");
    case "kept": return say("No connection. The report is kept on this device and will be sent by itself as soon as the connection is back.");
    case "refused": return say("Not recorded yet: see what is marked.");
    case "signed-out": return say("You are signed out. The report is kept on this device and will be sent when you have signed in again.");
    case "idle": return "";
  }
}

class Intake {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private sending = false;

  constructor(private readonly form: HTMLFormElement) {}

  submit = (event: Event): void => {
    event.preventDefault();
    draftStays();
    void this.deliver(post(this.form.action || location.href, new FormData(this.form)));
  };

  resume = (): void => {
    const letter = waiting();
    if (letter) void this.deliver(letter);
  };

  stop(): void {
    clearTimeout(this.timer);
  }

  private async deliver(letter: Letter): Promise<void> {
    if (this.sending) return;
    this.sending = true;
    clearTimeout(this.timer);
    this.show("sending");
    try {
      this.take(await deliver(letter));
    } finally {
      this.sending = false;
    }
  }

  private take(outcome: Outcome): void {
    switch (outcome.is) {
      case "arrived":
        draftForget(this.form);
        location.assign(outcome.at);
        return;
      case "kept":
        this.timer = setTimeout(this.resume, RETRY_MS);
        return this.show("kept");
      case "signed-out":
        return this.show("signed-out");
      case "refused":
        this.replace(outcome.page);
        return this.show("refused");
    }
  }

  /** Show the server's answer to the form: the same form with its errors. */
  private replace(page: string): void {
    const fresh = new DOMParser().parseFromString(page, "text/html").querySelector<HTMLElement>("[data-intake-fields]");
    const place = this.form.querySelector<HTMLElement>("[data-intake-fields]");
    if (!fresh || !place) return;
    place.inert = false; // what is inert takes no focus
    place.replaceChildren(...fresh.childNodes);
    place.querySelector<HTMLElement>("[data-refused], [aria-invalid=true]")?.focus(); // what is wrong, and where, stands above the fields
  }

  private show(state: State): void {
    const line = this.form.querySelector<HTMLElement>("[data-intake-state]");
    const fields = this.form.querySelector<HTMLElement>("[data-intake-fields]");
    if (fields) fields.inert = state !== "refused" && state !== "idle"; // what is on its way is not edited under way
    this.form.dataset.state = state;
    this.form.querySelectorAll<HTMLButtonElement>("button[type=submit]").forEach((button) => (button.disabled = state === "sending"));
    if (!line) return;
    line.hidden = state === "idle";
    line.textContent = sentence(state);
  }
}

controller<HTMLFormElement>("intake", (form) => {
  const intake = new Intake(form);
  form.addEventListener("submit", intake.submit);
  window.addEventListener("online", intake.resume);
  intake.resume();
  return () => {
    intake.stop();
    form.removeEventListener("submit", intake.submit);
    window.removeEventListener("online", intake.resume);
  };
});
