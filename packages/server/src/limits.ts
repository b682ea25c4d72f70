import { BayLingError } from "@bayling/core";

/** What one request, and all of them together, may take. */
export interface Limits {
  /** Of a request's body. Default 1 MiB. */
  readonly bodyBytes: number;
  /** Of nested arrays and objects in a body of JSON. Default 64. */
  readonly jsonDepth: number;
  /** Of all texts of a prompt together. Default 500,000. */
  readonly promptCharacters: number;
  /** That a request may ask to be written, and gets where it says nothing, of each choice. Default: as the context has room for. */
  readonly maxTokens: number;
  /** From a place to the last token. Default 600. */
  readonly requestSeconds: number;
  /** Requests that wait for a place; others are refused with 429. Default 64. */
  readonly queue: number;
  /** Of a stream that its reader has not taken yet; the generation waits then. Default 1 MiB. */
  readonly streamBufferBytes: number;
  /** A reader that takes nothing for so long while something is there for it is given up. Default 30. */
  readonly readerSeconds: number;
  /** Translation sessions that are kept. Default 256. */
  readonly sessions: number;
  /** A session that is not asked for so long is given up. Default 1800. */
  readonly sessionSeconds: number;
}

/** Limits that differ from the defaults. */
export type GivenLimits = { readonly [Name in keyof Limits]?: Limits[Name] | undefined };

const defaults: Limits = {
  bodyBytes: 2 ** 20,
  jsonDepth: 64,
  promptCharacters: 500_000,
  maxTokens: Number.POSITIVE_INFINITY,
  requestSeconds: 600,
  queue: 64,
  streamBufferBytes: 2 ** 20,
  readerSeconds: 30,
  sessions: 256,
  sessionSeconds: 1800,
};

/** @throws BayLingError `argument-invalid` that names the limit */
export function completeLimits(given: GivenLimits = {}): Limits {
  const limits = {
    ...defaults,
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
  };
  for (const [name, value] of Object.entries(limits)) {
    const least = name === "queue" ? 0 : 1;
    if (name in defaults && typeof value === "number" && value >= least) continue;
    throw new BayLingError("argument-invalid", {
      field: `limits.${name}`,
      problem: name in defaults ? "the limit has a value that it cannot have" : "there is no such limit",
      expected: name in defaults ? `a number from ${least} on` : `one of ${Object.keys(defaults).join(", ")}`,
      received: String(value),
    });
  }
  return limits;
}
