/**
 * What a user of the backend sees: a GGUF file loaded by `loadModel`. Whatever the backend does not declare, core
 * emulates, so none of these cases is skipped, and all give what the float64 reference gives.
 */
import { loadModel, type Model } from "@bayling/core";
import type { BackendCase, BackendContext } from "../backend-context.ts";
import { logProbabilityMargin, logSoftmax } from "../compare.ts";
import { expectEqual, expectErrorCode, expectSameNumbers, expectThat } from "../expect.ts";
import { ReferenceModel } from "../reference/reference-model.ts";
import { tinyLlamaBytes, tinyLlamaOfFile } from "../tiny-llama/tiny-llama-file.ts";
import { maskOf } from "./masks.ts";

const prompt = [1, 300, 17, 42, 5, 260];

async function withModel(
  context: BackendContext,
  run: (model: Model, reference: ReferenceModel) => Promise<void>,
  contextLength = 48,
): Promise<void> {
  const options = { weightType: context.floatType() };
  const model = await loadModel(new Blob([await tinyLlamaBytes(options)]), {
    backend: context.backend,
    contextLength,
    maxSequences: 4,
  });
  try {
    await run(model, ReferenceModel.of(tinyLlamaOfFile(options)));
  } finally {
    await model.dispose();
  }
}

export const throughCoreCases: readonly BackendCase[] = [
  {
    name: "core/writes what the reference writes",
    run: (context) =>
      withModel(context, async (model, reference) => {
        const written: number[] = [];
        for await (const { token } of model.generate(prompt, { maxTokens: 20, ignoreEnd: true })) {
          const scores = reference.last([...prompt, ...written]);
          // Where two tokens are as good as tied, rounding decides which is the best.
          const behind = Math.max(...scores) - scores[token]!;
          const near = behind <= 2 * logProbabilityMargin(scores, context.bound);
          expectThat(near, `token ${token} was written in step ${written.length}, ${behind} behind the best`);
          written.push(token);
        }
        expectEqual(written.length, 20, "number of tokens written");
      }),
  },
  {
    name: "core/the same seed writes the same",
    run: (context) =>
      withModel(context, async (model) => {
        const write = async () => {
          const options = {
            maxTokens: 12,
            ignoreEnd: true,
            temperature: 1,
            topP: 0.9,
            seed: 5,
            repetitionPenalty: 1.2,
          };
          const written: number[] = [];
          for await (const { token } of model.generate(prompt, options)) written.push(token);
          return written;
        };
        const first = await write();
        expectEqual(first.length, 12, "number of tokens written");
        expectSameNumbers(await write(), first, "tokens written the second time");
      }),
  },
  {
    name: "core/top, masks and log-probabilities",
    run: (context) =>
      withModel(context, async (model, reference) => {
        const sequence = await model.createSequence();
        const allowed = [7, 100, 200, 300];
        const mask = maskOf(allowed, model.config.vocabularySize);
        const top = await sequence.evaluate(prompt, { want: { top: 3, ids: [42] }, mask });
        const expected = logSoftmax(reference.last(prompt));
        const margin = logProbabilityMargin(expected, context.bound);
        const ranked = allowed.toSorted((a, b) => expected[b]! - expected[a]!);
        expectEqual(top.ids.length, 3, "number of top ids");
        for (const [rank, id] of top.ids.entries()) {
          expectThat(allowed.includes(id), `masked token ${id} is in top`);
          const difference = Math.abs(top.logProbabilities[rank]! - expected[ranked[rank]!]!);
          expectThat(difference <= margin, `log-probability at rank ${rank} is off by ${difference}`);
        }
        expectThat(Math.abs(top.selected[0]! - expected[42]!) <= margin, "the selected log-probability is off");
        const scores = await sequence.evaluate([9], { want: "last", mask });
        const closed = scores.findIndex((score, id) => (score !== -Infinity) !== allowed.includes(id));
        expectEqual(closed, -1, "first token on the wrong side of the mask");
      }),
  },
  {
    name: "core/forks go their own ways",
    run: (context) =>
      withModel(context, async (model, reference) => {
        const { maxSequences } = model.capabilities;
        if (maxSequences < 2) context.skip(`declares maxSequences ${maxSequences}`);
        const parent = await model.createSequence();
        await parent.evaluate(prompt, { want: "none" });
        const child = await parent.fork();
        const [ours, theirs] = await Promise.all([parent.evaluate([8, 9]), child.evaluate([10])]);
        context.expectScores(ours, reference.last([...prompt, 8, 9]), "parent's scores");
        context.expectScores(theirs, reference.last([...prompt, 10]), "child's scores");
      }),
  },
  {
    name: "core/beam search finds what the reference's scores say",
    run: (context) =>
      withModel(context, async (model, reference) => {
        const { maxSequences } = model.capabilities;
        if (maxSequences < 2) context.skip(`declares maxSequences ${maxSequences}`);
        const generation = model.generate(prompt, { beams: 2, maxTokens: 4, ignoreEnd: true });
        for await (const _ of generation);
        const [best] = generation.hypotheses;
        expectThat(best !== undefined, "beam search found nothing");
        const { scores } = reference.evaluate([...prompt, ...best.tokens]);
        const logProbability = best.tokens
          .map((token, index) => logSoftmax(scores[prompt.length - 1 + index]!)[token]!)
          .reduce((sum, value) => sum + value, 0);
        const margin = best.tokens.length * logProbabilityMargin(scores.at(-1)!, context.bound);
        const difference = Math.abs(best.logprob - logProbability);
        expectThat(difference <= margin, `log-probability of the best hypothesis is off by ${difference}`);
      }),
  },
  {
    name: "core/refuses tokens that are not in the vocabulary",
    run: (context) =>
      withModel(context, async (model, reference) => {
        const sequence = await model.createSequence();
        await sequence.evaluate(prompt, { want: "none" });
        for (const token of [model.config.vocabularySize, -1, 2 ** 32, 1.5, Number.NaN]) {
          await expectErrorCode(sequence.evaluate([3, token]), "token-out-of-range", `evaluating token ${token}`);
        }
        context.expectScores(await sequence.evaluate([3]), reference.last([...prompt, 3]), "scores after the errors");
      }),
  },
  {
    name: "core/refuses what does not fit into the context",
    run: (context) =>
      withModel(
        context,
        async (model, reference) => {
          const sequence = await model.createSequence();
          await sequence.evaluate(prompt, { want: "none" });
          const tooMany = Array.from({ length: model.contextLength - prompt.length + 1 }, (_, index) => index);
          await expectErrorCode(sequence.evaluate(tooMany), "context-full", "evaluating one token too many");
          const rest = tooMany.slice(1);
          context.expectScores(
            await sequence.evaluate(rest),
            reference.last([...prompt, ...rest]),
            "scores at the end",
          );
        },
        12,
      ),
  },
  {
    name: "core/an abort leaves the sequence as it was",
    run: (context) =>
      withModel(context, async (model, reference) => {
        const sequence = await model.createSequence();
        await sequence.evaluate(prompt, { want: "none" });
        const controller = new AbortController();
        const running = sequence.evaluate([4, 5, 6, 7, 8, 9, 10, 11], { signal: controller.signal });
        controller.abort(new Error("no longer wanted"));
        const tokens = await running.then(
          () => [...prompt, 4, 5, 6, 7, 8, 9, 10, 11],
          (error: unknown) => {
            expectThat(error === controller.signal.reason, "an abort rejects with the signal's reason");
            return prompt;
          },
        );
        context.expectScores(await sequence.evaluate([3]), reference.last([...tokens, 3]), "scores after the abort");
      }),
  },
];
