import type { Look } from "./paint.ts";

/** Green where the model was sure, red where it guessed. */
export function lookOf(logprob: number): Look {
  const probability = Math.exp(logprob);
  if (probability >= 0.8) return "green";
  if (probability >= 0.4) return "cyan";
  return probability >= 0.1 ? "yellow" : "red";
}

/** A log-probability as a percentage, six columns wide. */
export function formatProbability(logprob: number): string {
  const percent = 100 * Math.exp(logprob);
  const digits = percent >= 99.95 ? "100" : percent >= 10 ? percent.toFixed(1) : percent.toFixed(2);
  return `${digits} %`.padStart(6);
}
