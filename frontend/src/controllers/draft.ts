/**
 * What was typed survives: `<form data-controller="draft" data-draft="incident-7-report">` keeps its fields in this browser until it was sent,
 * and puts them back after a reload, a crash, or a sign-in in between. Passwords, files and hidden fields are never kept.
 */
import { controller } from "./registry";
import { say } from "../words";

type Field = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;
export type Draft = Record<string, string[]>;
const REFUSED = new Set(["password", "file", "hidden", "submit", "button"]);

const SENT = "draft-sent";

export const draftKey = (form: HTMLFormElement): string =>
  `draft:${document.documentElement.dataset.user ?? ""}:${form.dataset.draft ?? location.pathname}`;

function fields(form: HTMLFormElement): Field[] {
  return [...form.elements].filter(
    (field): field is Field => "name" in field && "value" in field && !!field.name && !REFUSED.has((field as HTMLInputElement).type),
  );
}

const isChoice = (field: Field): field is HTMLInputElement => field.type === "checkbox" || field.type === "radio";

export function draftRead(form: HTMLFormElement): Draft {
  const draft: Draft = {};
  for (const field of fields(form)) {
    const values = (draft[field.name] ??= []);
    if (field instanceof HTMLSelectElement && field.multiple) values.push(...[...field.selectedOptions].map((option) => option.value));
    else if (!isChoice(field) || field.checked) values.push(field.value);
  }
  return draft;
}

export function draftFill(form: HTMLFormElement, draft: Draft): void {
  const taken: Record<string, number> = {};
  for (const field of fields(form)) {
    const values = draft[field.name];
    if (!values) continue;
    if (isChoice(field)) field.checked = values.includes(field.value);
    else if (field instanceof HTMLSelectElement && field.multiple) [...field.options].forEach((option) => (option.selected = values.includes(option.value)));
    else field.value = values[(taken[field.name] = (taken[field.name] ?? -1) + 1)] ?? field.value;
    field.dispatchEvent(new Event("change", { bubbles: true }));
  }
}

export function draftKept(form: HTMLFormElement): Draft | undefined {
  const text = localStorage.getItem(draftKey(form));
  return text === null ? undefined : (JSON.parse(text) as Draft);
}

export const draftKeep = (form: HTMLFormElement): void => localStorage.setItem(draftKey(form), JSON.stringify(draftRead(form)));
export const draftForget = (form: HTMLFormElement): void => localStorage.removeItem(draftKey(form));
/** For a form that is sent without leaving the page, and forgets its draft itself once it has arrived: the next page says nothing about it. */
export const draftStays = (): void => sessionStorage.removeItem(SENT);

/** Say in the form's `[data-draft-note]` that something was brought back. */
function note(form: HTMLFormElement): void {
  const place = form.querySelector<HTMLElement>("[data-draft-note]");
  if (!place) return;
  place.hidden = false;
  place.textContent = say("Your unsent entries were brought back.");
}

controller<HTMLFormElement>("draft", (form) => {
  const kept = draftKept(form);
  if (kept && JSON.stringify(kept) !== JSON.stringify(draftRead(form))) {
    draftFill(form, kept);
    note(form);
  }
  const keep = () => draftKeep(form);
  const sent = () => sessionStorage.setItem(SENT, draftKey(form));
  form.addEventListener("input", keep);
  form.addEventListener("change", keep);
  form.addEventListener("submit", sent);
  return () => {
    form.removeEventListener("input", keep);
    form.removeEventListener("change", keep);
    form.removeEventListener("submit", sent);
  };
});

/**
 * Forget a draft whose submission arrived. Sending alone does not show that; a page of ours that comes after it does, unless it is the
 * same form with what was wrong, or a page that answers something else (`<body data-draft-keep>`: sign-in, errors).
 */
export function draftSettle(): void {
  const key = sessionStorage.getItem(SENT);
  if (key === null || "draftKeep" in document.body.dataset) return;
  sessionStorage.removeItem(SENT);
  const again = [...document.querySelectorAll<HTMLFormElement>("form[data-draft]")].find((form) => draftKey(form) === key);
  if (!again?.querySelector("[aria-invalid=true], [data-refused]")) localStorage.removeItem(key);
}
