import { InvalidArgumentError } from "commander";

/** A whole number, `least` or more. Most upper limits are the model's to know. */
export function integer(least = 0, most = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = numberOf(text);
    if (Number.isSafeInteger(value) && value >= least && value <= most) return value;
    if (value > most) throw new InvalidArgumentError(`Expected a whole number, ${least} to ${most}.`);
    throw new InvalidArgumentError(`Expected a whole number, ${least} or more.`);
  };
}

export function decimal(text: string): number {
  const value = numberOf(text);
  if (Number.isFinite(value)) return value;
  throw new InvalidArgumentError("Expected a number.");
}

/** Collects an option that may be given several times. */
export function collect(text: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), text];
}

/** `Number("")` is 0 and `Number("0x10")` is 16; neither is what a person meant. */
function numberOf(text: string): number {
  return /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text.trim()) ? Number(text) : Number.NaN;
}
