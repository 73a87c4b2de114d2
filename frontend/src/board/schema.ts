/** Types that are also checks: what the server sends is believed only after it was read through one of these. */
export type Read<T> = (value: unknown, path: string) => T;
export type Of<R> = R extends Read<infer T> ? T : never;

/** What came is not what this page was built for; the page is older than the server, or one of both is wrong. */
export class Unexpected extends Error {}

const wrong = (path: string, wanted: string, value: unknown): never => {
  throw new Unexpected(`${path}: expected ${wanted}, got ${JSON.stringify(value)?.slice(0, 80)}`);
};

export const text: Read<string> = (value, path) => (typeof value === "string" ? value : wrong(path, "text", value));
export const number: Read<number> = (value, path) => (typeof value === "number" ? value : wrong(path, "a number", value));
export const flag: Read<boolean> = (value, path) => (typeof value === "boolean" ? value : wrong(path, "true or false", value));
export const time: Read<string> = (value, path) =>
  typeof value === "string" && !Number.isNaN(Date.parse(value)) ? value : wrong(path, "a time", value);

export const maybe = <T>(read: Read<T>): Read<T | null> => (value, path) => (value === null ? null : read(value, path));

export const oneOf = <const T extends string>(...choices: readonly T[]): Read<T> => (value, path) =>
  choices.includes(value as T) ? (value as T) : wrong(path, choices.join(" | "), value);

export const list = <T>(read: Read<T>): Read<readonly T[]> => (value, path) =>
  Array.isArray(value) ? value.map((item, index) => read(item, `${path}[${index}]`)) : wrong(path, "a list", value);

export const mapOf = <T>(read: Read<T>): Read<Readonly<Record<string, T>>> => (value, path) =>
  Object.fromEntries(Object.entries(object(value, path)).map(([key, item]) => [key, read(item, `${path}.${key}`)]));

export const anything: Read<unknown> = (value) => value;

function object(value: unknown, path: string): Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : wrong(path, "an object", value);
}

type Fields = Record<string, Read<unknown>>;
type Shape<F extends Fields> = { readonly [K in keyof F]: Of<F[K]> };

/** Exactly these fields: an unknown one blows up, a missing one too (`optional` gives it a value). */
export const shape = <F extends Fields>(fields: F): Read<Shape<F>> => (value, path) => {
  const given = object(value, path);
  const unknown = Object.keys(given).filter((key) => !(key in fields));
  if (unknown.length) throw new Unexpected(`${path}: unknown field ${unknown.join(", ")}`);
  return Object.fromEntries(Object.entries(fields).map(([key, read]) => [key, read(given[key], `${path}.${key}`)])) as Shape<F>;
};

export const optional = <T>(read: Read<T>, otherwise: T): Read<T> => (value, path) => (value === undefined ? otherwise : read(value, path));
