import { defineConfig } from "vitest/config";

/** Runs of the suite that are meant to skip or to fail; `suite.test.ts` starts them. */
export default defineConfig({
  root: import.meta.dirname,
  resolve: { conditions: ["@bayling/source"] },
  ssr: { resolve: { conditions: ["@bayling/source"], externalConditions: ["@bayling/source"] } },
  test: { include: ["*.run.ts"] },
});
