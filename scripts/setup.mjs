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
import { turboQuietly } from "./lib/turbo.mjs";

const lockFile = path.join(root, "package-lock.json");
const installed = path.join(root, "node_modules/.package-lock.json");
const stamp = path.join(root, "node_modules/.bayling-installed");

const lockHash = () => createHash("sha256").update(fs.readFileSync(lockFile)).digest("hex");

function isInstalled() {
  // npm's own note, written at the end of an installation.
  if (!fs.existsSync(installed)) return false;
  if (fs.existsSync(stamp) && fs.readFileSync(stamp, "utf8") === lockHash()) return true;
  // After `npm install` by hand the note is newer than the lock file, which npm writes just before.
  return fs.statSync(installed).mtimeMs >= fs.statSync(lockFile).mtimeMs;
}

async function install() {
  if (!isInstalled()) {
    console.error("Installing packages (once, and again when package-lock.json changes) …");
    const code = await runNpm(["ci", "--loglevel=error"], { stdio: ["ignore", 2, 2] });
    if (code !== 0) return code;
  }
  fs.writeFileSync(stamp, lockHash());
  return 0;
}

function buildAll() {
  console.error("Building what has changed …");
  return turboQuietly(["build"]);
}

/**
 * Installs and builds. Ends the process when a step fails; the step has printed why. Prints to stderr only, so that
 * what comes after may be piped.
 */
export async function setUp() {
  const code = (await install()) || buildAll();
  if (code !== 0) process.exit(code);
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) await setUp();
