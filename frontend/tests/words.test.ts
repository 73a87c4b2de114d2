import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");
const sources = readdirSync(join(root, "frontend/src"), { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
const said = sources.flatMap((file) =>
  [...readFileSync(join(root, "frontend/src", file), "utf8").matchAll(/\bsay\(\s*"((?:[^"\\]|\\.)*)"/g)].map((match) => match[1]!),
);

it("gives the translators every sentence the scripts say, and no other", () => {
  const listed = [...readFileSync(join(root, "dashboard/words.py"), "utf8").matchAll(/gettext_noop\(\s*"((?:[^"\\]|\\.)*)"/g)].map((match) => match[1]!);
  expect([...new Set(said)].sort()).toEqual([...listed].sort());
});
