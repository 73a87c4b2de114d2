/**
 * Partners embed this: `<script type="module" src="https://…/status/popup.js"></script>`. It shows the newest notice that stands, in the language of
 * their page, and nothing while all services run. It brings its own look in a shadow root, writes text only, and keeps no cookie.
 */
type Item = {
  readonly id: string; readonly url: string; readonly title: string; readonly date_published: string;
  readonly _hotline: { readonly standing: boolean; readonly text: { readonly zh: string; readonly en: string } };
};
type Feed = { readonly items: readonly Item[]; readonly _hotline: { readonly state: string } };

const LOOK = `
:host { all: initial; }
section { position: fixed; inset: auto 16px 16px auto; z-index: 2147483000; box-sizing: border-box; width: min(24rem, calc(100vw - 32px)); max-height: 60vh;
  overflow: auto; padding: 14px 16px; border: 1px solid #b4c0ce; border-left: 6px solid #8f5b00; border-radius: 8px; background: #fff; color: #17222e;
  font: 400 15px/1.5 system-ui, "PingFang SC", "Microsoft YaHei", sans-serif; box-shadow: 0 12px 40px rgb(0 0 0 / 25%); }
h2 { margin: 0 44px 2px 0; font-size: 16px; }
p { margin: 0 0 8px; white-space: pre-wrap; overflow-wrap: anywhere; }
time { color: #4a5a6b; font-size: 13px; }
a { color: #0b5cad; }
button { position: absolute; top: 4px; right: 4px; width: 44px; height: 44px; border: 0; border-radius: 6px; background: none; color: #17222e; font: inherit; font-size: 22px; cursor: pointer; }
:focus-visible { outline: 3px solid #0b5cad; outline-offset: 2px; }
@media (prefers-color-scheme: dark) { section { background: #18202a; color: #e8eef4; border-color: #4a5a6d; border-left-color: #f0b64a; } time { color: #a9b7c6; } a { color: #6cb2f5; } button { color: #e8eef4; } }
`;

const WORDS = { zh: { close: "关闭", more: "查看服务状态" }, en: { close: "Close", more: "See the service status" } };

/** Read or remember, for this visit, which notice was closed; a page that may keep nothing shows it again. */
function closed(id?: string): string | null {
  try {
    if (id) sessionStorage.setItem("hotline-notice-closed", id);
    return sessionStorage.getItem("hotline-notice-closed");
  } catch {
    return null;
  }
}

function element<K extends keyof HTMLElementTagNameMap>(tag: K, text = ""): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}

export function show(item: Item, page: string): HTMLElement {
  const language = document.documentElement.lang.toLowerCase().startsWith("en") ? "en" : "zh";
  const host = element("div");
  const root = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet(); // not an inline style: a partner's policy may forbid those
  sheet.replaceSync(LOOK);
  root.adoptedStyleSheets = [sheet];
  const box = element("section");
  box.setAttribute("role", "status");
  box.lang = language === "en" ? "en" : "zh-Hans";
  const when = element("time", new Date(item.date_published).toLocaleString(box.lang, { dateStyle: "medium", timeStyle: "short" }));
  when.dateTime = item.date_published;
  const more = element("a", WORDS[language].more);
  more.href = `${page}?lang=${language === "en" ? "en" : "zh-hans"}`;
  const close = element("button", "×");
  close.type = "button";
  close.setAttribute("aria-label", WORDS[language].close);
  close.addEventListener("click", () => {
    closed(item.id);
    host.remove();
  });
  box.append(element("h2", item.title), when, element("p", item._hotline.text[language]), more, close);
  root.append(box);
  document.body.append(host);
  return host;
}

/** Fetch the feed beside this script and show the newest notice that stands, unless it was closed; says nothing when it cannot. */
export async function look(script: string): Promise<HTMLElement | null> {
  const feed = new URL("feed.json", script);
  feed.searchParams.set("lang", document.documentElement.lang.toLowerCase().startsWith("en") ? "en" : "zh-hans");
  try {
    const answer = await fetch(feed, { credentials: "omit" });
    if (!answer.ok) return null;
    const { items, _hotline } = (await answer.json()) as Feed;
    const newest = _hotline.state === "running" ? undefined : items.find((item) => item._hotline.standing);
    return newest && newest.id !== closed() ? show(newest, new URL(".", script).href) : null;
  } catch {
    return null; // never a partner's problem
  }
}

if (!import.meta.env.TEST) void look(import.meta.url);
