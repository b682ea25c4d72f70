import { runTool } from "./run.mjs";

/**
 * Runs turbo tasks in every workspace: nothing is sent anywhere, and only the cache in this folder is used.
 * @param {readonly string[]} turboArguments
 * @returns {Promise<number>} The exit code.
 */
export function turbo(turboArguments) {
  return runTool("turbo/bin/turbo", ["run", "--cache=local:rw", ...turboArguments], {
    env: { TURBO_TELEMETRY_DISABLED: "1", TURBO_NO_UPDATE_NOTIFIER: "1", DO_NOT_TRACK: "1" },
  });
}
