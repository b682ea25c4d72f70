import type { SamplingSpec } from "@bayling/core/backend";

/** WGSL: what a row is drawn with, written once a run; see {@link writeDraw}. */
export const drawStruct: string = `
struct Draw {
  temperature: f32,       // 0: the best token
  topK: u32,              // 0: all
  topP: f32,              // 1: all
  leastLogHeat: f32,      // ln minP
  repetitionPenalty: f32,
  frequencyPenalty: f32,
  presencePenalty: f32,
  penaltyWindow: u32,     // 0: no penalties
  seed: u32,
  historyStart: u32,      // in \`history\`
  historyLength: u32,     // before the run
  biasStart: u32,         // in \`biases\`
  biasLength: u32,
}`;

/** Words of one `Draw`. */
export const drawWords = 13;

/** Where the parts of a row begin that have lengths of their own. */
export interface DrawRanges {
  readonly historyStart: number;
  readonly historyLength: number;
  readonly biasStart: number;
}

/** Writes a `Draw` to element `row` of two views of one buffer. */
export function writeDraw(
  { words, floats }: { readonly words: Uint32Array; readonly floats: Float32Array },
  row: number,
  spec: SamplingSpec,
  { vocabularySize, historyStart, historyLength, biasStart }: DrawRanges & { readonly vocabularySize: number },
): void {
  const at = row * drawWords;
  // Smaller ones would overflow f32; already this one makes the best token certain, and its equals equal.
  floats[at] = spec.temperature === 0 ? 0 : Math.max(spec.temperature, 1e-20);
  words[at + 1] = spec.topK >= vocabularySize ? 0 : spec.topK;
  floats[at + 2] = spec.topP < 1 ? roundDown(spec.topP) : 1;
  floats[at + 3] = spec.minP > 0 ? Math.max(Math.log(spec.minP), -1e30) : -1e30;
  floats[at + 4] = Math.max(spec.repetitionPenalty, 2 ** -126);
  floats[at + 5] = spec.frequencyPenalty;
  floats[at + 6] = spec.presencePenalty;
  words[at + 7] = isPenalised(spec) ? Math.min(spec.penaltyWindow, 0xffffffff) : 0;
  words[at + 8] = spec.seed;
  words[at + 9] = historyStart;
  words[at + 10] = historyLength;
  words[at + 11] = biasStart;
  words[at + 12] = spec.logitBias.size;
}

/** The next f32 below or equal: with equal scores, rounding up would let one token too many into the nucleus. */
function roundDown(value: number): number {
  const rounded = Math.fround(value);
  return rounded <= value ? rounded : Math.fround(value - value * 2 ** -24);
}

export function isPenalised(spec: SamplingSpec): boolean {
  const { repetitionPenalty, frequencyPenalty, presencePenalty, penaltyWindow } = spec;
  return penaltyWindow > 0 && (repetitionPenalty !== 1 || frequencyPenalty !== 0 || presencePenalty !== 0);
}

/** Whether the best score of the row as it is decides. */
export function isPlainGreedy(spec: SamplingSpec): boolean {
  return spec.temperature === 0 && spec.logitBias.size === 0 && !isPenalised(spec);
}
