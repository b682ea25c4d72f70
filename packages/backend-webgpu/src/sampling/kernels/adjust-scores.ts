import type { Kernel } from "../../device/kernel.ts";
import { rowStruct } from "../../plan/batch-state.ts";
import { drawStruct } from "../draw-parameters.ts";
import { type ScoreShape, threads } from "../score-shape.ts";
import { scoreKeyCode } from "./score-key.ts";
import { logSumCode } from "./score-sums.ts";

export interface AdjustScoresShape extends ScoreShape {
  readonly maxRows: number;
}

/**
 * Logit bias, then penalties, in place. They belong to log-probabilities, but nothing later depends on a constant for
 * the whole row: so what is changed is taken to log-probabilities and back, and the rest of the row is left alone.
 * The history is what `history` holds followed by what `drawn` holds. `counts` [rows, vocabulary] is all zeros before
 * and after. Workgroups: (rows). Bindings: parameters, biases (token, bits), history, drawn, rows, sums, counts, scores.
 */
export function adjustScores(shape: AdjustScoresShape): Kernel {
  const { vocabularySize, scoreStride, maxRows } = shape;
  const code = `
${rowStruct}
${drawStruct}
${scoreKeyCode}
${logSumCode(shape)}

// a + b on bits, with IEEE's rules where one is not finite: compilers need not keep to them.
fn addBits(a: u32, b: u32) -> u32 {
  let exponent = 0x7f800000u;
  let finiteA = (a & exponent) != exponent;
  let finiteB = (b & exponent) != exponent;
  if (finiteA && finiteB) { return bitcast<u32>(bitcast<f32>(a) + bitcast<f32>(b)); }
  if (finiteB || a == b) { return a; }
  return select(0x7fc00000u, b, finiteA);
}

@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let row = group.x;
  let draw = parameters[row];
  for (var i = thread; i < draw.biasLength; i += ${threads}u) {
    let bias = biases[draw.biasStart + i];
    let place = row * ${scoreStride}u + bias.x;
    scores[place] = addBits(scores[place], bias.y);
  }
  if (draw.penaltyWindow == 0u) { return; }
  storageBarrier();

  let total = logSum(row, thread);
  let shift = select(total.best + total.logSum, 0.0, isInvalid(total.key));
  // The first of a token's occurrences to come by takes its count and does the work, leaving zero behind.
  let length = draw.historyLength + rows[row].drawn;
  let first = length - min(length, draw.penaltyWindow) + thread;
  for (var i = first; i < length; i += ${threads}u) {
    let token = historyToken(draw, row, i);
    if (token < ${vocabularySize}u) { atomicAdd(&counts[row * ${vocabularySize}u + token], 1u); }
  }
  storageBarrier();
  for (var i = first; i < length; i += ${threads}u) {
    let token = historyToken(draw, row, i);
    if (token >= ${vocabularySize}u) { continue; }
    let count = atomicExchange(&counts[row * ${vocabularySize}u + token], 0u);
    let place = row * ${scoreStride}u + token;
    let key = scoreKey(scores[place]);
    if (count == 0u || isInvalid(key)) { continue; }
    let score = (keyScore(key) - shift);
    let repeated = select(score * draw.repetitionPenalty, score / draw.repetitionPenalty, score > 0.0);
    scores[place] = bitcast<u32>(repeated - f32(count) * draw.frequencyPenalty - draw.presencePenalty + shift);
  }
}

fn historyToken(draw: Draw, row: u32, index: u32) -> u32 {
  if (index < draw.historyLength) { return history[draw.historyStart + index]; }
  return drawn[(index - draw.historyLength) * ${maxRows}u + row];
}`;
  return {
    label: "adjustScores",
    bindings: [
      { name: "parameters", type: "array<Draw>", access: "read" },
      { name: "biases", type: "array<vec2<u32>>", access: "read" },
      { name: "history", type: "array<u32>", access: "read" },
      { name: "drawn", type: "array<u32>", access: "read" },
      { name: "rows", type: "array<Row>", access: "read" },
      { name: "sums", type: "array<vec2<u32>>", access: "read" },
      { name: "counts", type: "array<atomic<u32>>", access: "read_write" },
      { name: "scores", type: "array<u32>", access: "read_write" },
    ],
    code,
  };
}
