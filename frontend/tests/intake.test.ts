import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import "../src/intake/form";
import { draftKeep, draftRead, draftSettle } from "../src/controllers/draft";
import { start } from "../src/controllers/registry";
import { waiting } from "../src/intake/outbox";
import { wordsReload } from "../src/words";

const FORM = `<form data-controller="draft intake" data-draft="report" action="/report/" method="post">
  <p data-intake-state hidden></p><p data-draft-note hidden></p>
  <input type="hidden" name="csrfmiddlewaretoken" value="token">
  <input type="hidden" name="idempotency_key" value="from-the-page">
  <div data-intake-fields>
    <textarea name="customers_notice"></textarea>
    <label><input type="checkbox" name="regions" value="east"></label><label><input type="checkbox" name="regions" value="west"></label>
    <select name="reach"><option value="">—</option><option value="region">one region</option></select>
  </div><button type="submit">Record</button></form>`;

let stop: () => void;
const form = () => document.querySelector("form")!;
const field = <E extends HTMLElement>(selector: string) => form().querySelector<E>(selector)!;
const state = () => form().dataset.state;
const answers = vi.fn<(url: string, options: RequestInit) => Promise<Response>>();
const lost = () => Promise.reject(new TypeError("Failed to fetch"));
const answer = (status: number, url: string, redirected: boolean, text = "") =>
  Promise.resolve({ status, url, redirected, ok: status < 400, text: () => Promise.resolve(text) } as Response);

function open(): void {
  document.body.innerHTML = FORM;
  stop = start(document.body);
}
function write(): void {
  field<HTMLTextAreaElement>("textarea").value = "忙音，无法接通";
  field<HTMLInputElement>("[value=west]").checked = true;
  field<HTMLSelectElement>("select").value = "region";
  field("textarea").dispatchEvent(new Event("input", { bubbles: true }));
}
const submit = () => form().dispatchEvent(new Event("submit", { bubbles: true, cancelable: true }));
const settled = () => vi.waitFor(() => expect(state()).not.toBe("sending"));
const keys = () => answers.mock.calls.map(([, options]) => (options.headers as Record<string, string>)["Idempotency-Key"]);

beforeEach(() => {
  localStorage.clear();
  sessionStorage.clear();
  answers.mockReset();
  vi.stubGlobal("fetch", answers);
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  wordsReload();
  open();
});
afterEach(() => {
  stop();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("the draft", () => {
  it("survives a reload", () => {
    write();
    stop();
    open();
    expect(draftRead(form())).toEqual({ customers_notice: ["忙音，无法接通"], regions: ["west"], reach: ["region"] });
    expect(field("[data-draft-note]").hidden).toBe(false);
  });

  it("does not keep what is hidden: tokens and keys are the page's own", () => {
    draftKeep(form());
    expect(localStorage.getItem("draft::report")).not.toContain("token");
  });

  it("is forgotten by the page that comes after it was sent, not by sign-in or an error", () => {
    write();
    sessionStorage.setItem("draft-sent", "draft::report");
    document.body.innerHTML = "";
    document.body.dataset.draftKeep = "";
    draftSettle();
    expect(localStorage.getItem("draft::report")).not.toBeNull();
    delete document.body.dataset.draftKeep;
    document.body.innerHTML = FORM.replace("<p data", '<div role="alert" data-refused></div><p data'); // refused as a whole, no field marked
    sessionStorage.setItem("draft-sent", "draft::report");
    draftSettle();
    document.body.innerHTML = "";
    expect(localStorage.getItem("draft::report")).not.toBeNull();
    sessionStorage.setItem("draft-sent", "draft::report");
    draftSettle();
    expect(localStorage.getItem("draft::report")).toBeNull();
  });
});

describe("the outbox", () => {
  it("keeps the report without a connection, says so, and sends it under the same key when the connection is back", async () => {
    const assign = vi.spyOn(window.location, "assign").mockImplementation(() => undefined);
    answers.mockImplementationOnce(lost).mockImplementationOnce(() => answer(200, "http://localhost/incidents/2026-0001/", true));
    write();
    submit();
    await settled();
    expect(state()).toBe("kept");
    expect(field("[data-intake-state]").textContent).toContain("kept on this device");
    expect(field("[data-intake-fields]").inert).toBe(true);
    window.dispatchEvent(new Event("online"));
    await vi.waitFor(() => expect(assign).toHaveBeenCalledWith("http://localhost/incidents/2026-0001/"));
    expect(keys()).toHaveLength(2);
    expect(new Set(keys()).size).toBe(1);
    expect(waiting()).toBeUndefined();
    expect(localStorage.getItem("draft::report")).toBeNull();
  });

  it("sends after a reload what was waiting, under the same key", async () => {
    answers.mockImplementation(lost);
    write();
    submit();
    await settled();
    stop();
    open();
    await vi.waitFor(() => expect(answers).toHaveBeenCalledTimes(2));
    expect(new Set(keys()).size).toBe(1);
    expect(answers.mock.calls[1]![1].body!.toString()).toContain("idempotency_key=" + keys()[0]);
  });

  it("makes one of two impatient taps", async () => {
    answers.mockImplementation(() => answer(503, "http://localhost/report/", false));
    write();
    submit();
    submit();
    await settled();
    expect(answers).toHaveBeenCalledTimes(1);
    expect(state()).toBe("kept");
  });

  it("keeps the report when the session has ended", async () => {
    answers.mockImplementation(() => answer(200, "http://localhost/accounts/login/?next=/report/", true));
    write();
    submit();
    await settled();
    expect(state()).toBe("signed-out");
    expect(waiting()).toBeDefined();
  });

  it("shows the server's objections in the form", async () => {
    const page = `<form><div data-intake-fields><div role="alert" tabindex="-1" data-refused>Nothing was recorded yet</div><textarea name="customers_notice" aria-invalid="true">x</textarea><p class="problem">too short</p></div></form>`;
    answers.mockImplementation(() => answer(400, "http://localhost/report/", false, page));
    write();
    submit();
    await settled();
    expect(state()).toBe("refused");
    expect(field(".problem").textContent).toBe("too short");
    expect(document.activeElement).toBe(field("[data-refused]")); // the button is at the end of the page, what is wrong at its top
    expect(waiting()).toBeUndefined();
    document.body.innerHTML = FORM; // the page is loaded again before it was mended
    draftSettle();
    expect(localStorage.getItem("draft::report")).not.toBeNull();
  });
});
