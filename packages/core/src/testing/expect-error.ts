import { expect } from "vitest";
import { BayLingError, type ErrorCode } from "../errors.ts";

/** Awaits that something fails with an error of the SDK with this code, and returns it. */
export async function expectError(code: ErrorCode, action: () => unknown): Promise<BayLingError> {
  try {
    await action();
  } catch (error) {
    if (!BayLingError.isInstance(error)) throw error;
    expect(error.code).toBe(code);
    return error;
  }
  throw new Error(`expected an error ${code}, but nothing was thrown`);
}
