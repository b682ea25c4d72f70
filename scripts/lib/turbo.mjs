import path from "node:path";
import { root } from "./paths.mjs";
import { capture, run } from "./run.mjs";

const environment = { TURBO_TELEMETRY_DISABLED: "1", TURBO_NO_UPDATE_NOTIFIER: "1", DO_NOT_TRACK: "1" };

function commandLine(turboArguments) {
  return [path.join(root, "node_modules/turbo/bin/turbo"), "run", "--cache=local:rw", ...turboArguments];
}

/**
 * Runs turbo tasks in every workspace: nothing is sent anywhere, and only the cache in this folder is used.
 * @param {readonly string[]} turboArguments
 * @returns {Promise<number>} The exit code.
 */
export function turbo(turboArguments) {
  return run(process.execPath, commandLine(turboArguments), { env: environment });
}

/** {@link turbo} that prints nothing but, when it fails, what the failed tasks printed, to stderr. */
export function turboQuietly(turboArguments) {
  const quiet = ["--output-logs=errors-only", "--log-order=grouped"];
  const { code, output } = capture(process.execPath, commandLine([...turboArguments, ...quiet]), { env: environment });
  if (code !== 0) console.error(output);
  return code;
}
