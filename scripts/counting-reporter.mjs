import fs from "node:fs";

/**
 * A vitest reporter that writes how many tests passed, failed and were skipped to the file `BAYLING_TEST_COUNTS`. What
 * vitest does not count as a test fails too: a file that cannot be loaded, a hook that throws, an error that nobody
 * caught.
 */
export default class CountingReporter {
  onTestRunEnd(modules, unhandledErrors) {
    const counts = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    for (const module of modules) {
      if (module.errors().length > 0) counts.failed++;
      for (const suite of module.children.allSuites()) {
        if (suite.errors().length > 0) counts.failed++;
      }
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        // `pending` is left when a run is cut short.
        counts[state === "pending" ? "failed" : state]++;
      }
    }
    fs.writeFileSync(process.env.BAYLING_TEST_COUNTS, JSON.stringify(counts));
  }
}
