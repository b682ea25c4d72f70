import os from "node:os";
import { fileURLToPath } from "node:url";
import { playwright } from "@vitest/browser-playwright";
import { defaultClientConditions } from "vite";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import { chromiumFlags, findChromium } from "./scripts/lib/chromium.mjs";
import { webGpuEnvironment, webGpuFlags } from "./scripts/lib/web-gpu.mjs";

const conditions = ["@bayling/source"];
const inNode = ["{packages,apps,examples}/*/src/**/*.test.ts", "{scripts,recipes}/**/*.test.mjs"];
const inBrowser = ["{packages,apps}/*/src/**/*.browser.test.ts", "scripts/**/*.browser.test.mjs"];

const executablePath = findChromium();

const seededFastCheck = fileURLToPath(new URL("scripts/lib/seeded-fast-check.mjs", import.meta.url));

/** The longest first, so that no core rests at the end. vitest takes the largest, and the longest are of few lines. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification) => /\/webgpu-(backend|device)\.[a-z.]*test\.ts$/.test(moduleId);
    const sorted = await super.sort(files);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

export default defineConfig({
  plugins: [
    {
      name: "seeded-fast-check",
      enforce: "pre",
      resolveId: (source, importer) =>
        source === "fast-check" && importer !== seededFastCheck ? seededFastCheck : undefined,
    },
  ],
  // Tests read the sources of every package; nothing needs to be built for them.
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    // A hang is found as surely, and no test fails for what runs beside it.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    // Not one less, as vitest has it: the main process has little to do, and of two cores one would rest.
    maxWorkers: os.availableParallelism(),
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        extends: true,
        test: {
          name: "node",
          include: inNode,
          exclude: [...inBrowser, "**/node_modules/**"],
          pool: "forks", // a thread has the environment of its process, which is too late for LD_LIBRARY_PATH
          env: {
            ...webGpuEnvironment(),
            BAYLING_REQUIRE_HARDWARE: process.env.BAYLING_REQUIRE_HARDWARE ?? "webgpu,llama.cpp",
          },
        },
      },
      {
        extends: true,
        // Dependencies as a bundler would take them for a page.
        resolve: { conditions: [...conditions, ...defaultClientConditions] },
        test: {
          name: "browser",
          include: inBrowser,
          ...(executablePath === undefined
            ? { setupFiles: "./scripts/lib/without-chromium.mjs" }
            : {
                browser: {
                  enabled: true,
                  provider: playwright({
                    launchOptions: { executablePath, args: [...chromiumFlags, ...webGpuFlags] },
                  }),
                  instances: [{ browser: "chromium" as const }],
                  headless: true,
                  api: { host: "127.0.0.1" },
                  screenshotFailures: false,
                },
              }),
        },
      },
    ],
  },
});
