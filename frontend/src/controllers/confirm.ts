/**
 * A button that changes much opens its dialog first: `<button data-controller="confirm" data-dialog="id">`. The dialog is a `<dialog>` with the
 * form inside; Cancel (`value="cancel"`, `formnovalidate`) and Escape close it and nothing is sent. The reason, where asked, is an
 * ordinary required field of that form, so the server's own check of it stays the one that counts. The dialog is sent `opened`, for what it
 * shows of the moment.
 */
import { controller } from "./registry";

controller<HTMLButtonElement>("confirm", (button) => {
  const dialog = document.getElementById(button.dataset.dialog ?? "");
  if (!(dialog instanceof HTMLDialogElement)) throw new Error(`no dialog “${button.dataset.dialog}” for ${button.outerHTML}`);
  const open = (event: Event) => {
    event.preventDefault();
    dialog.showModal();
    dialog.dispatchEvent(new Event("opened"));
    dialog.querySelector<HTMLElement>("textarea, input:not([type=hidden]), select")?.focus();
  };
  const cancel = (event: Event) => {
    const target = event.target as HTMLElement;
    if (target === dialog || target.closest("[value=cancel]")) {
      event.preventDefault();
      dialog.close();
    }
  };
  button.addEventListener("click", open);
  dialog.addEventListener("click", cancel);
  return () => {
    button.removeEventListener("click", open);
    dialog.removeEventListener("click", cancel);
  };
});
