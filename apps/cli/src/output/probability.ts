import type { Look, Paint } from "./paint.ts";

/** A log-probability as a percentage in the colour of its certainty. */
export function paintProbability(paint: Paint, logprob: number): string {
  return paint(lookOf(logprob), formatProbability(logprob));
}

/** Green where the model was sure, red where it guessed. */
export function lookOf(logprob: number): Look {
  const probability = Math.exp(logprob);
  if (probability >= 0.8) return "green";
  if (probability >= 0.4) return "cyan";
  return probability >= 0.1 ? "yellow" : "red";
}

/** Six columns: `100.0 %` never comes alone, so `99.99 %` is `100 %`. */
export function formatProbability(logprob: number): string {
  const percent = 100 * Math.exp(logprob);
  const digits = percent >= 99.95 ? "100" : percent >= 10 ? percent.toFixed(1) : percent.toFixed(2);
  return `${digits} %`.padStart(6);
}
