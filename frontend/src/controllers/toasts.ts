/**
 * Short messages at the edge. The server's come in the page or with `HX-Trigger: {"toast": {"text", "kind"}}`; good news goes away by itself,
 * a warning or an error stays until it is closed.
 */
import { controller } from "./registry";
import { say } from "../words";

export type ToastKind = "success" | "info" | "warning" | "error";
const STAYS_MS = 6000;

export function toast(text: string, kind: ToastKind = "info"): HTMLElement {
  const element = document.createElement("div");
  element.className = "toast-note";
  element.dataset.controller = "toast";
  element.dataset.kind = kind;
  element.setAttribute("role", kind === "error" || kind === "warning" ? "alert" : "status");
  const body = document.createElement("span");
  body.textContent = text;
  const close = document.createElement("button");
  close.type = "button";
  close.className = "btn-close";
  close.setAttribute("aria-label", say("Close"));
  element.append(body, close);
  document.getElementById("toasts")?.append(element);
  return element;
}

controller("toast", (element) => {
  const remove = () => element.remove();
  element.querySelector("button")?.addEventListener("click", remove);
  const passing = element.dataset.kind === "success" || element.dataset.kind === "info";
  const timer = passing ? setTimeout(remove, STAYS_MS) : undefined;
  return () => clearTimeout(timer);
});

type Detail = { text?: string; kind?: ToastKind; value?: string };

export function toastsListen(): void {
  document.body.addEventListener("toast", (event) => {
    const { text, kind, value } = (event as CustomEvent<Detail>).detail;
    toast(text ?? value ?? "", kind);
  });
  document.body.addEventListener("htmx:sendError", () => toast(say("No connection. Nothing was sent; try again when you are back online."), "error"));
  document.body.addEventListener("htmx:responseError", (event) => {
    const { xhr } = (event as CustomEvent<{ xhr: XMLHttpRequest }>).detail;
    toast(problemText(xhr.responseText) ?? say("The server could not do this ({status}). Nothing was changed.", { status: xhr.status }), "error");
  });
}

/** The sentence of an RFC 9457 problem, when the body is one. */
export function problemText(body: string): string | undefined {
  if (!body.startsWith("{")) return undefined;
  const problem = JSON.parse(body) as { detail?: string; title?: string };
  return problem.detail ?? problem.title;
}
