/**
 * The page's language for sentences that scripts show. The server writes the translations into the page (`{% words %}`), so that a page
 * kept open without a connection still speaks; a sentence it did not send is shown in English.
 */
let catalogue: Readonly<Record<string, string>> | undefined;

function load(): Readonly<Record<string, string>> {
  const holder = document.getElementById("words");
  return holder?.textContent ? (JSON.parse(holder.textContent) as Record<string, string>) : {};
}

/** The sentence in the page's language, with `{name}` replaced by its parameter. */
export function say(sentence: string, params: Readonly<Record<string, string | number>> = {}): string {
  catalogue ??= load();
  return (catalogue[sentence] ?? sentence).replace(/\{(\w+)\}/g, (_, name: string) => String(params[name] ?? ""));
}

export type Bilingual = { readonly zh: string; readonly en: string };

export const inChinese = (): boolean => document.documentElement.lang.startsWith("zh");

export function pick(text: Bilingual | null | undefined): string {
  return text ? (inChinese() ? text.zh : text.en) || text.zh || text.en : "";
}

/** Forget the catalogue read so far: the next sentence reads the page anew. */
export function wordsReload(): void {
  catalogue = undefined;
}
