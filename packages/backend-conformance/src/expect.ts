/** Expectations that need no test runner: they throw an error whose message says what was expected and what came. */
import { BayLingError, type ErrorCode } from "@bayling/core/backend";

export function expectThat(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(message);
}

export function expectEqual(actual: unknown, expected: unknown, what: string): void {
  if (!Object.is(actual, expected)) throw new Error(`${what}: expected ${show(expected)}, got ${show(actual)}`);
}

/** Equal length and equal elements (`NaN` equals `NaN`). */
export function expectSameNumbers(actual: ArrayLike<number>, expected: ArrayLike<number>, what: string): void {
  expectEqual(actual.length, expected.length, `length of ${what}`);
  for (let index = 0; index < expected.length; index++) {
    if (!Object.is(actual[index], expected[index])) expectEqual(actual[index], expected[index], `${what}[${index}]`);
  }
}

/** What the promise rejects with; fails when it resolves. */
export async function rejectionOf(promise: Promise<unknown>, what: string): Promise<unknown> {
  const [outcome] = await Promise.allSettled([promise]);
  if (outcome.status === "fulfilled") throw new Error(`${what} resolved; expected it to reject`);
  return outcome.reason;
}

export async function expectErrorCode(promise: Promise<unknown>, code: ErrorCode, what: string): Promise<void> {
  const error = await rejectionOf(promise, what);
  expectThat(BayLingError.isInstance(error), `${what}: expected a BayLingError ${code}, got ${show(error)}`);
  expectEqual(error.code, code, `code of the error of ${what}`);
}

/** Rejects with the very reason of the signal. */
export async function expectAbort(promise: Promise<unknown>, signal: AbortSignal, what: string): Promise<void> {
  const error = await rejectionOf(promise, what);
  expectThat(error === signal.reason, `${what}: expected the signal's own reason, got ${show(error)}`);
}

export function show(value: unknown): string {
  if (value instanceof Error) return `${value.name} "${value.message}"`;
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "object" && value !== null) return Object.prototype.toString.call(value);
  return String(value);
}
