/**
 * What would be published is in order: publint and "are the types wrong?" on the packed packages, and the files that
 * every package carries.
 */
import fs from "node:fs";
import path from "node:path";
import { packPublished } from "./lib/pack.mjs";
import { cache, root } from "./lib/paths.mjs";
import { report } from "./lib/report.mjs";
import { capture } from "./lib/run.mjs";

const problems = [];
const licence = fs.readFileSync(path.join(root, "LICENSE"), "utf8");
const node = process.execPath;
const tool = (file) => path.join(root, "node_modules", file);

const packed = packPublished(path.join(cache, "packed"));
for (const { workspace, tarball, files } of packed) {
  const say = (problem) => problems.push(`${workspace.folder}: ${problem}`);

  for (const file of ["README.md", "LICENSE"]) {
    if (!files.includes(file)) say(`the package has no ${file}`);
  }
  if (files.includes("LICENSE") && fs.readFileSync(path.join(workspace.path, "LICENSE"), "utf8") !== licence) {
    say("LICENSE differs from the root's");
  }
  const stray = files.filter((file) => /\.test\.|\.tsbuildinfo$|tsup\.config|tsconfig/.test(file));
  if (stray.length > 0) say(`the package holds ${stray.join(", ")}`);

  const publint = capture(node, [tool("publint/src/cli.js"), "run", tarball, "--strict"]);
  if (publint.code !== 0) say(publint.output.trim());

  // A package without `exports` is a program; it has no types that could be wrong.
  if (workspace.manifest.exports) {
    const attw = capture(node, [
      tool("@arethetypeswrong/cli/dist/index.js"),
      tarball,
      "--profile",
      "esm-only",
      "--no-emoji",
    ]);
    if (attw.code !== 0) say(attw.output.trim());
  }
}
report(problems, `${packed.map(({ workspace }) => workspace.name).join(", ")}: fit to publish`);
