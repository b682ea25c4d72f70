import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { conditions: ["@bayling/source"] },
  ssr: { resolve: { conditions: ["@bayling/source"], externalConditions: ["@bayling/source"] } },
  test: {
    include: ["packages/*/src/**/*.test.ts", "apps/*/src/**/*.test.ts", "examples/*/src/**/*.test.ts"],
    testTimeout: 60_000,
  },
});
