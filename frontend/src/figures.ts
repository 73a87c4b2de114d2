/** Figures as people read them. */
const plain = new Intl.NumberFormat("en-US", { maximumFractionDigits: 1, useGrouping: true });
const close = new Intl.NumberFormat("en-US", { maximumFractionDigits: 2 });

/** 99.97 % is not 100 %: what is not whole is never shown as if it were. */
export const figure = (value: number, unit = ""): string =>
  unit === "percent" && value > 99 && value < 100 ? close.format(Math.floor(value * 100) / 100) : plain.format(value);
