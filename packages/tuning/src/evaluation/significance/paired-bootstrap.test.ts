import { expect, it } from "vitest";
import { bleu } from "../bleu.ts";
import { chrf } from "../chrf.ts";
import { pairedBootstrap } from "./paired-bootstrap.ts";

const words = "the quick brown fox jumps over a lazy old dog in some green garden near our house".split(" ");
const sentence = (index: number) =>
  Array.from({ length: 8 }, (_, place) => words[(index * 7 + place * 3) % words.length]).join(" ");
const references = Array.from({ length: 200 }, (_, index) => [sentence(index)]);
const perfect = references.map(([text]) => text!);
/** Wrong in its last word in every `share`-th sentence. */
const wrong = (share: number, offset = 0) =>
  perfect.map((text, index) => (index % share === offset ? text.replace(/\S+$/, "wrong") : text));

it("tells systems apart that differ, and not those that differ by chance", () => {
  const [baseline, worse, alike, same] = pairedBootstrap(
    bleu(),
    [wrong(4), wrong(2), wrong(4, 1), wrong(4)],
    references,
  );
  expect(baseline!.pValue).toBeUndefined();
  expect(worse!.pValue).toBeLessThan(0.01);
  expect(alike!.pValue).toBeGreaterThan(0.3);
  expect(same!.pValue).toBe(1);
});

it("gives an interval around the score that narrows with the number of segments", () => {
  const [all] = pairedBootstrap(chrf(), [wrong(3)], references);
  const [few] = pairedBootstrap(chrf(), [wrong(3).slice(0, 30)], references.slice(0, 30));
  expect(Math.abs(all!.mean - all!.score)).toBeLessThan(all!.interval);
  expect(few!.interval).toBeGreaterThan(all!.interval);
});

it("gives the same for the same seed", () => {
  const run = (seed: number) => pairedBootstrap(bleu(), [wrong(5)], references, { seed, resamples: 50 });
  expect(run(1)).toEqual(run(1));
  expect(run(1)).not.toEqual(run(2));
});

it("stops when it is told to, and refuses no resamples", () => {
  const signal = AbortSignal.abort(new Error("enough"));
  expect(() => pairedBootstrap(bleu(), [perfect], references, { signal })).toThrow("enough");
  expect(() => pairedBootstrap(bleu(), [perfect], references, { resamples: 0 })).toThrow(/a whole number from 1/);
});
