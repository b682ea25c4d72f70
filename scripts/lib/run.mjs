import { spawn, spawnSync } from "node:child_process";
import path from "node:path";
import { root } from "./paths.mjs";

const windows = process.platform === "win32";

/**
 * Runs a program with this process's terminal and waits for it.
 * @param {string} program
 * @param {readonly string[]} programArguments
 * @param {{ cwd?: string, env?: Record<string, string>, stdio?: import("node:child_process").StdioOptions }} [options]
 *   `env` is added to the environment.
 * @returns {Promise<number>} The exit code; 128 + n when signal n ended the program.
 */
export function run(program, programArguments, { cwd = root, env = {}, stdio = "inherit" } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, programArguments, { cwd, env: { ...process.env, ...env }, stdio });
    // The terminal sends Ctrl-C to the child as well, and it is the child's to answer.
    const ignore = () => {};
    process.on("SIGINT", ignore);
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      process.off("SIGINT", ignore);
      resolve(code ?? 128 + (signal === "SIGINT" ? 2 : 15));
    });
  });
}

/** Runs a JavaScript file with this Node. */
export function runNode(file, programArguments, options) {
  return run(process.execPath, [file, ...programArguments], options);
}

/** Runs a package's program, e.g. `runTool("vitest/vitest.mjs", ["run"])`. */
export function runTool(file, programArguments, options) {
  return runNode(path.join(root, "node_modules", file), programArguments, options);
}

/**
 * Runs npm. On Windows npm is a script, which only a shell can start; through `npm_execpath` (set when npm runs us) no
 * shell is needed.
 */
export function runNpm(npmArguments, options) {
  const script = process.env.npm_execpath;
  if (script?.endsWith(".js")) return runNode(script, npmArguments, options);
  return windows ? run("cmd.exe", ["/d", "/c", "npm", ...npmArguments], options) : run("npm", npmArguments, options);
}

/**
 * Runs a program and keeps what it prints.
 * @returns {{ code: number, stdout: string, output: string }} `output` is stdout and stderr together.
 */
export function capture(program, programArguments, { cwd = root, env = {} } = {}) {
  const result = spawnSync(program, programArguments, {
    cwd,
    env: { ...process.env, ...env },
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
    stdio: ["ignore", "pipe", "pipe"],
  });
  if (result.error) throw result.error;
  return { code: result.status ?? 1, stdout: result.stdout, output: result.stdout + result.stderr };
}

/** {@link capture} for npm. */
export function captureNpm(npmArguments, options) {
  const script = process.env.npm_execpath;
  if (script?.endsWith(".js")) return capture(process.execPath, [script, ...npmArguments], options);
  return windows
    ? capture("cmd.exe", ["/d", "/c", "npm", ...npmArguments], options)
    : capture("npm", npmArguments, options);
}
