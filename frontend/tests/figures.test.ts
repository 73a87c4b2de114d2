import { expect, it } from "vitest";
import { figure } from "../src/figures";

it.each([[99.97, "percent", "99.97"], [99.999, "percent", "99.99"], [100, "percent", "100"], [87.25, "percent", "87.3"], [99.97, "count", "100"], [1234.5, "", "1,234.5"]])(
  "%s %s reads %s", (value, unit, read) => { expect(figure(value, unit)).toBe(read); });
