const byteUnits = ["B", "kB", "MB", "GB", "TB", "PB"];
const countUnits = ["", " K", " M", " B", " T"];

/** `1234567` → `1.23 MB`. Units of 1000, as shops and download pages count. */
export function formatBytes(bytes: number): string {
  const { value, unit } = scale(bytes, byteUnits);
  return unit === "B" ? `${bytes} B` : `${threeDigits(value)} ${unit}`;
}

/** `263000` → `263 K`, `6738415616` → `6.74 B`. */
export function formatCount(count: number): string {
  const { value, unit } = scale(count, countUnits);
  return unit === "" ? String(count) : `${threeDigits(value)}${unit}`;
}

/** `0.0123` → `12.3 ms`, `75` → `1 min 15 s`. */
export function formatSeconds(seconds: number): string {
  if (seconds < 0.9995) return `${threeDigits(seconds * 1000)} ms`;
  if (seconds < 59.95) return `${threeDigits(seconds)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** Three significant digits at least, never an exponent: `0.123`, `1.23`, `12.3`, `123`, `1234`. */
export function threeDigits(value: number): string {
  if (value === 0) return "0";
  // Rounded first: 9.999 has two decimals as 10.0 has one.
  const magnitude = Math.floor(Math.log10(Math.abs(Number(value.toPrecision(3)))));
  const decimals = Math.max(0, 2 - magnitude);
  return value.toFixed(Math.min(decimals, 6));
}

/** `1 token`, `2 tokens`. */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** The middle one; the mean of the middle two when there is no middle one. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

function scale(amount: number, units: readonly string[]): { value: number; unit: string } {
  let value = amount;
  let step = 0;
  // 999.5 would be printed as 1000.
  while (value >= 999.5 && step < units.length - 1) {
    value /= 1000;
    step++;
  }
  return { value, unit: units[step]! };
}
