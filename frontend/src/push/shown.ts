/** What a push says and how it is shown; shared by nothing but the worker, and apart from it so that it can be tested. */
export type Pushed = {
  readonly title: string; readonly body: string; readonly lang: string; readonly link: string; readonly tag: string; readonly urgent: boolean;
};
export type Shown = { readonly title: string; readonly options: NotificationOptions & { readonly data: string } };

/** A path of ours, whatever was said: a notification leads nowhere else. */
export function pathOf(link: string, origin: string): string {
  const url = link && URL.canParse(link, origin) ? new URL(link, origin) : undefined;
  return url && url.origin === origin ? url.pathname + url.search + url.hash : "/messages/";
}

/** The same tag again takes the former's place. What is urgent stays until somebody looks. */
export function shownOf(said: Partial<Pushed>, origin: string): Shown {
  return {
    title: said.title ?? "Hotline EP",
    options: {
      body: said.body ?? "",
      lang: said.lang ?? "",
      tag: said.tag ?? "",
      requireInteraction: said.urgent ?? false,
      data: pathOf(said.link ?? "", origin),
    },
  };
}
