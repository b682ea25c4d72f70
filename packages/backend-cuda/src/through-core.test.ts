import { writeTinyLlama } from "@bayling/backend-conformance/tiny-llama";
import { loadModel, type Model } from "@bayling/core";
import type { Backend } from "@bayling/core/backend";
import { forbid, requireTerms } from "@bayling/core/constraints";
import { cpu } from "@bayling/core/cpu";
import { createTranslator, includeTerms, shorten } from "@bayling/core/interaction";
import { beforeAll, describe, expect, it } from "vitest";
import { createCudaBackend } from "./cuda-backend.ts";
import { openLibrary } from "./library/open-library.ts";
import { temporaryFolder } from "./testing/temporary-folder.ts";

const folder = temporaryFolder();
const path = `${folder}/tiny.gguf`;
beforeAll(() => writeTinyLlama(path));

const options = { device: "cpu", threads: 1, cacheType: "f32", cacheFolder: folder } as const;
const classesOnly = async () => ({ library: undefined, reason: "a test asks for it" });
const backends: Readonly<Record<string, Backend>> = {
  library: createCudaBackend(options, { openLibrary }),
  classes: createCudaBackend(options, { openLibrary: classesOnly }),
};

async function withModel<Result>(backend: Backend, use: (model: Model) => Promise<Result>): Promise<Result> {
  const model = await loadModel(path, { backend, contextLength: 512, maxSequences: 12 });
  try {
    return await use(model);
  } finally {
    await model.dispose();
  }
}

const uses: Readonly<Record<string, (model: Model) => Promise<unknown>>> = {
  "a chat with an edit and a fork": async (model) => {
    const chat = await model.chat({ template: "vicuna", system: "Be brief." });
    const limits = { maxTokens: 12, temperature: 0 };
    const first = await chat.send("hello", limits).text();
    const fork = await chat.fork();
    const second = await fork.send("and then?", limits).text();
    return [first, second, await chat.resend(0, "hello again", limits).text()];
  },
  "beams that hold to terms": async (model) => {
    const constraints = [requireTerms(["house", "tree"]), forbid(["a"])];
    return model.generate("the", { beams: 5, maxTokens: 24, constraints }).text();
  },
  "draws from a seed": (model) =>
    model.generate("the", { temperature: 0.9, topP: 0.9, repetitionPenalty: 1.2, seed: 11, maxTokens: 24 }).text(),
  "log-probabilities of a text": async (model) => {
    const tokens: unknown[] = [];
    for await (const { token, logprob, alternatives } of model.generate("the", { maxTokens: 4, logprobs: 3 })) {
      tokens.push([token, logprob?.toFixed(3), alternatives?.map((one) => one.token)]);
    }
    return tokens;
  },
  "a translation that is steered": async (model) => {
    const translator = await createTranslator(model, { from: "en", to: "de", decoding: { maxTokens: 24, beams: 2 } });
    const session = await translator.translate("The cat sat on the mat.");
    const revised = await session.apply(includeTerms(["Katze"])).version();
    const shorter = await session.apply(shorten({ most: 4 })).version();
    const { continuation } = await session.suggest("Die Ka");
    session.undo();
    const words = await session.words();
    const others = await session.alternatives(0);
    return {
      texts: [revised.translation, shorter.translation, continuation],
      verdicts: [revised.reply?.verdict, shorter.reply?.verdict],
      words: words.map(({ text, confidence }) => `${text} ${confidence.toFixed(2)}`),
      others: others.map(({ text }) => text),
    };
  },
};

describe.each(Object.entries(backends))("through %s, core gives what it gives on the CPU backend", (_, backend) => {
  it.each(Object.entries(uses))("%s", async (_, use) => {
    const expected = await withModel(cpu(), use);
    expect(await withModel(backend, use)).toEqual(expected);
    expect(JSON.stringify(expected).length).toBeGreaterThan(10);
  });
});
