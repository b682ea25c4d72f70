import { checkOptions, invalidArgument } from "../check-argument.ts";
import type { Act } from "./act.ts";
import type { ApplyOptions } from "./session-settings.ts";

/** @throws BayLingError `argument-invalid` for what is no act, and for options that are none */
export function checkApply(act: unknown, options: ApplyOptions): void {
  checkAct(act);
  checkApplyOptions(options);
}

function checkAct(act: unknown): void {
  const { kind, apply, say, verify } = (typeof act === "object" && act !== null ? act : {}) as Partial<Act>;
  if (typeof kind === "string" && [apply, say, verify].every((method) => typeof method === "function")) return;
  throw invalidArgument("act", "an act, such as shorten() makes", act);
}

function checkApplyOptions(options: ApplyOptions): void {
  checkOptions(options);
  const { mode, decoding = {}, seed, prefix } = options;
  if (mode !== undefined && mode !== "faithful" && mode !== "draft") {
    throw invalidArgument("mode", '"faithful" or "draft"', mode);
  }
  if (typeof decoding !== "object" || decoding === null) throw invalidArgument("decoding", "an object", decoding);
  if (seed !== undefined && !Number.isInteger(seed)) throw invalidArgument("seed", "an integer", seed);
  if (prefix !== undefined && typeof prefix !== "string" && !(prefix instanceof Uint8Array)) {
    throw invalidArgument("prefix", "a text or bytes", prefix);
  }
}
