/**
 * Brings a checkout to where it can run: installs what the lock file names, builds every package. Does nothing that is
 * already done. `npm start`, `npm test` and `.ci/run` begin with it, so a fresh clone needs no other command.
 */
import "./lib/node-version.mjs";
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "./lib/paths.mjs";
import { runNpm } from "./lib/run.mjs";
import { turbo } from "./lib/turbo.mjs";

const lockFile = path.join(root, "package-lock.json");
const installed = path.join(root, "node_modules/.package-lock.json");
const stamp = path.join(root, "node_modules/.bayling-installed");

/** What must be the same for an installation to be still good: the lock file, and the machine it was made for. */
function fingerprint() {
  const hash = createHash("sha256").update(fs.readFileSync(lockFile));
  return hash.update(`${process.platform} ${process.arch}`).digest("hex");
}

function isInstalled() {
  if (!fs.existsSync(installed)) return false;
  if (fs.existsSync(stamp) && fs.readFileSync(stamp, "utf8") === fingerprint()) return true;
  // A person has run `npm install` since: it writes the lock file first, then its own note in node_modules.
  return fs.existsSync(stamp) && fs.statSync(installed).mtimeMs >= fs.statSync(lockFile).mtimeMs;
}

async function install() {
  if (!isInstalled()) {
    console.log("Installing packages (once, and again when package-lock.json changes) …");
    const code = await runNpm(["ci", "--loglevel=error"]);
    if (code !== 0) return code;
  }
  fs.writeFileSync(stamp, fingerprint());
  return 0;
}

/**
 * Installs and builds. Ends the process when a step fails; the step has printed why.
 */
export async function setUp() {
  const code = (await install()) || (await turbo(["build", "--output-logs=errors-only", "--log-order=grouped"]));
  if (code !== 0) process.exit(code);
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) await setUp();
