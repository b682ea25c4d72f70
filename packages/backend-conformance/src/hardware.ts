import type { ProbeResult } from "@bayling/core/backend";

/** Node's environment; empty in browsers. */
export function environment(name: string): string | undefined {
  return globalThis.process?.env?.[name];
}

/**
 * Whether hardware that is missing is a failure: `BAYLING_REQUIRE_HARDWARE` is `1`, `all`, or a comma-separated list
 * that names it. A CI machine with a GPU sets it, so that a driver that disappears cannot turn into skipped tests.
 */
export function isHardwareRequired(hardware: string, value: string | undefined): boolean {
  const words = (value ?? "").split(",").map((word) => word.trim());
  return words.some((word) => word === "1" || word === "all" || word === hardware);
}

/** Why nothing can run here; `undefined` when it can. */
export async function whyUnavailable(probe: () => Promise<ProbeResult>): Promise<string | undefined> {
  try {
    const result = await probe();
    return result.available ? undefined : result.reason;
  } catch (error) {
    // The contract says never, so this is the author's mistake and not missing hardware.
    throw new Error("probe() threw; it must resolve to { available: false, reason } instead", { cause: error });
  }
}
