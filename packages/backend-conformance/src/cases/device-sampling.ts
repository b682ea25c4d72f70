import { type BatchItem, type DeviceSampling, type SamplingSpec, sampleToken } from "@bayling/core/backend";
import type { BackendCase, BackendContext, Session, Track } from "../backend-context.ts";
import { logProbabilityMargin } from "../compare.ts";
import { expectEqual, expectSameNumbers, expectThat } from "../expect.ts";
import { maskOf } from "./masks.ts";

const greedy: SamplingSpec = {
  temperature: 0,
  topK: 0,
  topP: 1,
  minP: 0,
  repetitionPenalty: 1,
  frequencyPenalty: 0,
  presencePenalty: 0,
  penaltyWindow: 64,
  logitBias: new Map(),
  seed: 7,
};

/** Every option of the sampler, one a case. */
const specs: Readonly<Record<string, Partial<SamplingSpec>>> = {
  temperature: { temperature: 0.8 },
  "another seed": { temperature: 0.8, seed: 4_000_000_000 },
  "top-k": { temperature: 1.2, topK: 5 },
  "top-p": { temperature: 1.2, topP: 0.7 },
  "min-p": { temperature: 1.2, minP: 0.1 },
  "repetition penalty": { repetitionPenalty: 1.6 },
  "frequency and presence penalties": { frequencyPenalty: 1.5, presencePenalty: 1 },
  "a window of the last two": { repetitionPenalty: 3, penaltyWindow: 2 },
  "logit bias": {
    logitBias: new Map([
      [5, 9],
      [77, 9.5],
      [200, Number.NEGATIVE_INFINITY],
    ]),
  },
  everything: {
    ...{ temperature: 0.9, topK: 40, topP: 0.95, minP: 0.02, repetitionPenalty: 1.1, frequencyPenalty: 0.2 },
    ...{ presencePenalty: 0.1, penaltyWindow: 8, logitBias: new Map([[3, 1.5]]), seed: 123 },
  },
};

async function start(context: BackendContext): Promise<Session> {
  const session = await context.start();
  session.needsCapability("deviceSampling");
  session.needs({ batchTokens: 4 });
  return session;
}

interface Draw {
  readonly spec?: Partial<SamplingSpec>;
  readonly steps?: number;
  readonly stopTokens?: readonly number[];
  readonly mask?: Uint32Array;
}

function samplingItem(
  track: Track,
  tokens: readonly number[],
  { spec, steps = 1, stopTokens = [], mask }: Draw,
): BatchItem {
  const history = Uint32Array.of(...track.tokens, ...tokens);
  const sample: DeviceSampling = { spec: { ...greedy, ...spec }, history, steps, stopTokens };
  return track.item(tokens, { want: "none", sample, ...(mask && { mask }) });
}

/** Notes what was drawn: all but the last token are in the sequence now. */
function drawn(track: Track, tokens: readonly number[], sampled: Uint32Array | undefined): Uint32Array {
  expectThat(sampled instanceof Uint32Array && sampled.length > 0, "an item with `sample` returned no tokens");
  track.appended([...tokens, ...sampled.slice(0, -1)]);
  return sampled;
}

async function drawOne(session: Session, track: Track, tokens: readonly number[], draw: Draw): Promise<Uint32Array> {
  const [result] = await session.evaluate([samplingItem(track, tokens, draw)]);
  return drawn(track, tokens, result!.sampled);
}

/**
 * Checks drawn tokens against the host's sampler on the reference's scores. Where two tokens are as good as tied, the
 * rounding of scores decides, so the drawn one must also win for scores that are moved in its favour by the margin.
 */
function expectDrawn(track: Track, before: readonly number[], sampled: Uint32Array, { spec, mask }: Draw): void {
  const { reference, context } = track.session;
  const history = [...before];
  for (const [step, token] of sampled.entries()) {
    const exact = reference.last(history);
    const state = { position: history.length, history, mask };
    const draw = (scores: Float32Array) => sampleToken(scores, { ...greedy, ...spec }, state);
    const expected = draw(Float32Array.from(exact));
    if (token !== expected) {
      const favoured = Float32Array.from(exact);
      favoured[token]! += 2 * logProbabilityMargin(exact, context.bound);
      expectEqual(token, draw(favoured), `token drawn in step ${step} (the host's sampler draws ${expected})`);
    }
    history.push(token);
  }
}

export const deviceSamplingCases: readonly BackendCase[] = [
  {
    name: "device sampling/greedy takes the best",
    async run(context) {
      const session = await start(context);
      const track = await session.track();
      const prompt = session.tokens(4);
      const sampled = await drawOne(session, track, prompt, { steps: 5 });
      expectEqual(sampled.length, 5, "number of tokens drawn");
      expectDrawn(track, prompt, sampled, {});
      await track.check([...sampled.slice(-1)], "scores after sampling");
    },
  },
  ...Object.entries(specs).map(
    ([name, spec]): BackendCase => ({
      name: `device sampling/draws as the host does: ${name}`,
      async run(context) {
        const session = await start(context);
        const track = await session.track();
        const prompt = session.tokens(4);
        const sampled = await drawOne(session, track, prompt, { spec, steps: 8 });
        expectEqual(sampled.length, 8, "number of tokens drawn");
        expectDrawn(track, prompt, sampled, { spec });
      },
    }),
  ),
  {
    name: "device sampling/in steps equals at once",
    async run(context) {
      const session = await start(context);
      const spec = { temperature: 1, presencePenalty: 0.5 };
      const whole = await session.track();
      const atOnce = await drawOne(session, whole, session.tokens(3), { spec, steps: 6 });
      whole.sequence.dispose();
      const track = await session.track();
      let next: readonly number[] = session.tokens(3);
      const inSteps: number[] = [];
      for (const steps of [1, 2, 3]) {
        const sampled = await drawOne(session, track, next, { spec, steps });
        inSteps.push(...sampled);
        next = [...sampled.slice(-1)];
      }
      expectSameNumbers(inSteps, [...atOnce], "tokens drawn in steps");
    },
  },
  {
    name: "device sampling/stop tokens end it",
    async run(context) {
      const session = await start(context);
      const track = await session.track();
      const prompt = session.tokens(4);
      const spec = { temperature: 1.5 };
      const free = await drawOne(session, track, prompt, { spec, steps: 6 });
      const stop = free[3]!;
      const until = free.indexOf(stop) + 1;
      track.truncate(0);
      const stopped = await drawOne(session, track, prompt, { spec, steps: 6, stopTokens: [stop] });
      expectSameNumbers(stopped, free.slice(0, until), "tokens drawn until the stop token");
    },
  },
  {
    name: "device sampling/never draws a masked token",
    async run(context) {
      const session = await start(context);
      session.needsCapability("masks");
      const allowed = [4, 90, 91, 255];
      const mask = maskOf(allowed, session.tiny.config.vocabularySize);
      for (const spec of [{}, { temperature: 2 }, { temperature: 2, topK: 2 }]) {
        const track = await session.track();
        const prompt = session.tokens(3);
        const sampled = await drawOne(session, track, prompt, { spec, steps: 6, mask });
        for (const token of sampled) expectThat(allowed.includes(token), `masked token ${token} was drawn`);
        expectDrawn(track, prompt, sampled, { spec, mask });
        track.sequence.dispose();
      }
    },
  },
  {
    name: "device sampling/sequences of a batch stop apart",
    async run(context) {
      const session = await start(context);
      session.needs({ sequences: 3, batchTokens: 6 });
      const tracks = [await session.track(), await session.track(), await session.track()];
      const prompts = [session.tokens(1, 1), session.tokens(3, 2), session.tokens(2, 3)];
      const steps = [1, 5, 3];
      const items = tracks.map((track, i) =>
        samplingItem(track, prompts[i]!, { spec: { temperature: 1 }, steps: steps[i]! }),
      );
      const results = await session.evaluate(items);
      for (const [index, track] of tracks.entries()) {
        const sampled = drawn(track, prompts[index]!, results[index]!.sampled);
        expectEqual(sampled.length, steps[index], `number of tokens drawn for item ${index}`);
        expectDrawn(track, prompts[index]!, sampled, { spec: { temperature: 1 } });
      }
    },
  },
];
