/**
 * What tests get when they import fast-check: the same, with one seed for all runs, so that a test that passed does not
 * fail on the same code. `npm run fuzz` (`scripts/fuzz.mjs`) sets another seed, and a factor for the number of runs.
 */
import fc from "fast-check";

// Tests in a browser have no environment of a process.
const { BAYLING_FUZZ_SEED: seed = "20240229", BAYLING_FUZZ_FACTOR: factor = "1" } = import.meta.env;

fc.configureGlobal({ seed: Number(seed) });

export default {
  ...fc,
  assert: (property, parameters) =>
    fc.assert(property, { ...parameters, numRuns: (parameters?.numRuns ?? 100) * Number(factor) }),
};
