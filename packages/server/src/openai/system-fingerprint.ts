import { createHash } from "node:crypto";
import type { Model } from "@bayling/core";

const known = new WeakMap<Model, string>();

/** The same for the same model on the same backend: with the same seed, answers are then the same. */
export function systemFingerprint(model: Model): string {
  let fingerprint = known.get(model);
  if (fingerprint === undefined) {
    const { config, backendId, contextLength, tokenizer } = model;
    const parts = JSON.stringify([config, backendId, contextLength, tokenizer.kind, tokenizer.vocabularySize]);
    fingerprint = `fp_${createHash("sha256").update(parts).digest("hex").slice(0, 10)}`;
    known.set(model, fingerprint);
  }
  return fingerprint;
}
