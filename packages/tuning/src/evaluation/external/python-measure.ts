import { spawn } from "node:child_process";
import { pythonScript } from "./python-script.ts";

/** Measures that are neural networks of their own, in Python packages that a person may have installed. */
export type NeuralMeasure = "COMET" | "CometKiwi" | "MetricX";

export interface NeuralSegment {
  readonly source: string;
  readonly hypothesis: string;
  /** Not looked at by measures without references. */
  readonly reference: string;
}

export interface NeuralScore {
  /** As the package gives it, times 100 for COMET and CometKiwi; MetricX counts errors, from 0 to 25. */
  readonly score: number;
  /** Package, version and model. */
  readonly signature: string;
}

/** Why there is no score: the column says `not run`. */
export interface NotRun {
  readonly notRun: string;
}

export interface NeuralMeasureOptions {
  /** Default `python3`. */
  readonly python?: string | undefined;
  /** Default: what the authors of the measure recommend. */
  readonly model?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

const models: Readonly<Record<NeuralMeasure, string>> = {
  COMET: "Unbabel/wmt22-comet-da",
  CometKiwi: "Unbabel/wmt22-cometkiwi-da",
  MetricX: "google/metricx-24-hybrid-large-v2p6",
};

/**
 * Scores a corpus with a measure of another process.
 * @returns why not, where Python, the package or its model is not there
 * @throws the signal's reason
 */
export async function neuralScore(
  measure: NeuralMeasure,
  segments: readonly NeuralSegment[],
  { python = "python3", model = models[measure], signal }: NeuralMeasureOptions = {},
): Promise<NeuralScore | NotRun> {
  signal?.throwIfAborted();
  const request = JSON.stringify({ measure, model, segments });
  const outcome = await run(python, request, signal);
  signal?.throwIfAborted();
  try {
    // Packages print what they like before it.
    const { score, signature, error } = JSON.parse(outcome.output.trimEnd().split("\n").at(-1)!) as Partial<
      NeuralScore & { error: string }
    >;
    if (typeof error === "string") return { notRun: error };
    if (typeof score === "number" && typeof signature === "string") return { score, signature };
  } catch {
    // Said below.
  }
  return { notRun: `${python} gave no score: ${outcome.problem || "no reason"}` };
}

function run(
  python: string,
  request: string,
  signal: AbortSignal | undefined,
): Promise<{ readonly output: string; readonly problem: string }> {
  return new Promise((resolve) => {
    const child = spawn(python, ["-c", pythonScript], { stdio: "pipe", signal });
    let [output, problem] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      // Progress bars can be long; the reason stands at the end.
      problem = (problem + text).slice(-2000);
    });
    child.on("error", (error) => {
      problem = error.message;
    });
    child.on("close", () => resolve({ output, problem: problem.trim().split("\n").at(-1) ?? "" }));
    // A process that ended early closes its input.
    child.stdin.on("error", () => {});
    child.stdin.end(request);
  });
}
