import { defineConfig } from "vitest/config";

const conditions = ["@bayling/source"];

export default defineConfig({
  // Tests read the sources of every package; nothing needs to be built for them.
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: ["{packages,apps,examples}/*/src/**/*.test.ts", "scripts/**/*.test.mjs"],
    testTimeout: 60_000,
  },
});
