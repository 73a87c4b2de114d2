/**
 * Behaviour is declared in HTML: `<form data-controller="draft">` gets the controller of that name for as long as it is in the page,
 * also when htmx brings or removes it, or when the script that has the controller comes later.
 */
export type Disconnect = () => void;
export type Controller<E extends HTMLElement = HTMLElement> = (element: E) => Disconnect | void;

const controllers = new Map<string, Controller>();
const connected = new Map<HTMLElement, Map<string, Disconnect>>();
let started: HTMLElement | undefined;

/** Name a controller, and connect the elements that wait for it. */
export function controller<E extends HTMLElement>(name: string, connector: Controller<E>): void {
  controllers.set(name, connector as unknown as Controller);
  if (started) within(started).forEach(connect);
}

function connect(element: HTMLElement): void {
  const standing = connected.get(element) ?? new Map<string, Disconnect>();
  for (const name of (element.dataset.controller ?? "").split(/\s+/)) {
    const connector = controllers.get(name);
    if (!connector || standing.has(name)) continue;
    connected.set(element, standing.set(name, () => undefined)); // before connecting: moving the element connects nothing twice
    standing.set(name, connector(element) ?? (() => undefined));
  }
}

function disconnect(element: HTMLElement): void {
  connected.get(element)?.forEach((undo) => undo());
  connected.delete(element);
}

function within(node: Node): HTMLElement[] {
  if (!(node instanceof HTMLElement)) return [];
  return [node, ...node.querySelectorAll<HTMLElement>("[data-controller]")];
}

/** Connect what stands below `root`, and what comes later. */
export function start(root: HTMLElement = document.body): Disconnect {
  started = root;
  const observer = new MutationObserver((changes) => {
    for (const change of changes) {
      for (const node of change.removedNodes) if (!node.isConnected) within(node).forEach(disconnect);
      for (const node of change.addedNodes) if (node.isConnected) within(node).forEach(connect);
    }
  });
  within(root).forEach(connect);
  observer.observe(root, { childList: true, subtree: true });
  return () => {
    started = undefined;
    observer.disconnect();
    [...connected.keys()].forEach(disconnect);
  };
}
