/**
 * `npm run fuzz`: the property tests with a fresh seed and many more runs. `-- packages/core/src/formats` names some of
 * the tests; other options go to vitest too. `BAYLING_FUZZ_SEED` repeats a seed, `BAYLING_FUZZ_FACTOR` (20) is by how
 * much the runs are more.
 */
import "./lib/node-version.mjs";
import { randomInt } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { root } from "./lib/paths.mjs";
import { runTool } from "./lib/run.mjs";

const seed = process.env.BAYLING_FUZZ_SEED ?? String(randomInt(2 ** 31));
const factor = process.env.BAYLING_FUZZ_FACTOR ?? "20";
const files = ["packages", "apps"]
  .flatMap((folder) => fs.readdirSync(path.join(root, folder)).map((name) => `${folder}/${name}/src`))
  .flatMap((folder) => fs.readdirSync(path.join(root, folder), { recursive: true }).map((name) => `${folder}/${name}`))
  .map((file) => file.replaceAll("\\", "/"))
  .filter((file) => file.endsWith(".test.ts"))
  .filter((file) => fs.readFileSync(path.join(root, file), "utf8").includes('from "fast-check"'));
const given = process.argv.slice(2);
// What names no test is an option, or the value of one.
const named = given.filter((each) => !each.startsWith("-") && files.some((file) => file.includes(each)));
const chosen = named.length === 0 ? files : files.filter((file) => named.some((each) => file.includes(each)));
const options = given.filter((each) => !named.includes(each));

process.exitCode = await runTool("vitest/vitest.mjs", ["run", "--testTimeout=3600000", ...options, ...chosen], {
  env: { BAYLING_FUZZ_SEED: seed, BAYLING_FUZZ_FACTOR: factor },
});
console.log(`\nSeed ${seed}, ${factor} times the runs. To repeat it: BAYLING_FUZZ_SEED=${seed} npm run fuzz`);
