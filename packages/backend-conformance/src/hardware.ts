import type { ProbeResult } from "@bayling/core/backend";

/** Node's environment; empty in browsers. */
export function environment(name: string): string | undefined {
  return globalThis.process?.env?.[name];
}

/**
 * Whether hardware that is missing is a failure: `BAYLING_REQUIRE_HARDWARE` is `1`, `all`, or a comma-separated list
 * that names it. A CI machine with a GPU sets it, so that a driver that disappears cannot turn into skipped tests.
 */
function isHardwareRequired(hardware: string, value: string | undefined): boolean {
  const words = (value ?? "").split(",").map((word) => word.trim());
  return words.some((word) => word === "1" || word === "all" || word === hardware);
}

/** Why nothing can run here, and the failure that makes of it, if it is one. */
export interface Obstacle {
  readonly reason: string;
  readonly failure: Error | undefined;
}

/** What keeps the cases from running; `undefined` when nothing does. */
export async function findObstacle(
  probe: () => Promise<ProbeResult>,
  hardware: string,
  required: string | undefined,
): Promise<Obstacle | undefined> {
  let result: ProbeResult;
  try {
    result = await probe();
  } catch (error) {
    // The contract says never, so this is the author's mistake and not missing hardware.
    const thrown = error instanceof Error ? error.message : String(error);
    const reason = `probe threw: ${thrown}; probe() must never throw`;
    return { reason, failure: new Error(reason, { cause: error }) };
  }
  if (result.available) return undefined;
  const { reason } = result;
  if (!isHardwareRequired(hardware, required)) return { reason, failure: undefined };
  const message = `BAYLING_REQUIRE_HARDWARE asks for "${hardware}", but it is not available: ${reason}`;
  return { reason, failure: new Error(message) };
}
