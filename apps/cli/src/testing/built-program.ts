import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, readdirSync, readFileSync, statSync, symlinkSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/** Builds the program from the sources of the moment, to be run as a process of its own. @returns its file */
export async function buildProgram(folder: string): Promise<string> {
  const program = path.join(folder, "dist/bayling.js");
  await build({
    entryPoints: [fileURLToPath(new URL("../bayling.ts", import.meta.url))],
    outfile: program,
    bundle: true,
    ...{ format: "esm", platform: "node", target: "node20" },
    conditions: ["@bayling/source"],
    // They carry libraries and data that they look for beside themselves.
    external: ["koffi", "node-llama-cpp", "webgpu", "eld", "opencc-js"],
    // commander is CommonJS and asks for Node's modules.
    banner: {
      js: 'import { createRequire as forCommonJs } from "node:module"; const require = forCommonJs(import.meta.url);',
    },
  });
  symlinkSync(
    fileURLToPath(new URL("../../../../node_modules", import.meta.url)),
    path.join(folder, "node_modules"),
    "junction",
  );
  copyFileSync(new URL("../../package.json", import.meta.url), path.join(folder, "package.json"));
  return program;
}

export interface Ending {
  /** Whether it came to its end. */
  readonly ended: boolean;
  readonly stderr: string;
}

/** Runs a command. @param killAfter milliseconds until SIGKILL */
export function runProgram(command: string, argv: readonly string[], killAfter?: number): Promise<Ending> {
  const child = spawn(command, argv);
  const timer = killAfter === undefined ? undefined : setTimeout(() => child.kill("SIGKILL"), killAfter);
  let stderr = "";
  child.stderr.on("data", (text) => {
    stderr += text;
  });
  return new Promise((resolve) => {
    child.on("close", (code) => {
      clearTimeout(timer);
      resolve({ ended: code === 0, stderr });
    });
  });
}

/** What makes dialogues of a file, with all stages of `tune run`. */
export function tuneRun(program: string, bitext: string, work: string): readonly string[] {
  const options = ["--from", "en", "--to", "de", "--without", "near-duplicates", "--without", "language"];
  const outputs = ["--formats", "dialogues,sharegpt", "--files", "jsonl,parquet"];
  const argv = [program, "tune", "run", bitext, ...options, "--per-direction", "4", ...outputs];
  return [...argv, "--name", "same", "--work", work];
}

/** A hash of every file of a folder. */
export function hashFiles(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();
  const files = names.filter((name) => statSync(path.join(folder, name)).isFile());
  return Object.fromEntries(
    files.map((name) => [
      name,
      createHash("sha256")
        .update(readFileSync(path.join(folder, name)))
        .digest("hex"),
    ]),
  );
}
