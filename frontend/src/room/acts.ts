/** A link to `#act-verify` opens that act's form and leads to its first field. */
function open(): void {
  const target = location.hash.startsWith("#act-") ? document.getElementById(location.hash.slice(1)) : null;
  if (!(target instanceof HTMLDetailsElement)) return;
  target.open = true;
  target.scrollIntoView({ block: "center" });
  target.querySelector<HTMLElement>("input:not([type=hidden]), textarea, select, button")?.focus();
}

window.addEventListener("hashchange", open);
open();
