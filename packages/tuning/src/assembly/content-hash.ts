import { createHash } from "node:crypto";

/** SHA-256 of values in JSON, in hexadecimal digits. */
export function contentHash(...values: readonly unknown[]): string {
  return createHash("sha256").update(JSON.stringify(values)).digest("hex");
}

/** An unsigned 32-bit seed that values decide. */
export function contentSeed(...values: readonly unknown[]): number {
  return Number.parseInt(contentHash(...values).slice(0, 8), 16);
}
