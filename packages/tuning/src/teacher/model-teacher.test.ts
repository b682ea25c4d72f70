import path from "node:path";
import { writeTinyLlama } from "@bayling/backend-conformance/tiny-llama";
import { type ChatMessage, loadModel, type Model } from "@bayling/core";
import { cpu } from "@bayling/core/cpu";
import { afterAll, beforeAll, expect, test } from "vitest";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { parseJsonReply } from "./json-reply.ts";
import { modelTeacher } from "./model-teacher.ts";
import { judgedJson, judgedSchema, writtenJson, writtenSchema } from "./prompts.ts";
import { teachPair } from "./teach-pair.ts";
import type { TeacherRequest } from "./teacher.ts";
import { TeacherDesk } from "./teacher-desk.ts";

const folder = temporaryFolder();
let model: Model;
beforeAll(async () => {
  const file = path.join(folder, "tiny.gguf");
  await writeTinyLlama(file, { config: { maxPositionEmbeddings: 4096 } });
  model = await loadModel(file, { backend: cpu(), maxSequences: 4 });
});
afterAll(() => model.dispose());

const messages: readonly ChatMessage[] = [
  { role: "system", content: "Be brief." },
  { role: "user", content: "Hello?" },
];
const question: TeacherRequest = { messages, maxTokens: 12, temperature: 0.7, seed: 5 };

test("its replies are those of a chat with the model", async () => {
  const teacher = modelTeacher(model, { template: "bayling" });
  const reply = await teacher.ask(question, undefined);
  const chat = await model.chat({ template: "bayling", system: "Be brief." });
  const expected = chat.send("Hello?", { maxTokens: 12, temperature: 0.7, seed: 5 });
  expect(reply.text).toBe(await expected.text());
  expect(reply).toMatchObject({ promptTokens: expected.usage.promptTokens, completionTokens: 12 });
  chat.dispose();
  expect(await teacher.ask(question, undefined)).toEqual(reply);
  expect((await teacher.ask({ ...question, seed: 6 }, undefined)).text).not.toBe(reply.text);
});

test("as many questions as it says are answered at a time, each as it would be alone", async () => {
  const teacher = modelTeacher(model, { template: "bayling" });
  expect(teacher.concurrency).toBe(4);
  const seeds = Array.from({ length: teacher.concurrency }, (_, seed) => seed);
  const together = await Promise.all(seeds.map((seed) => teacher.ask({ ...question, seed }, undefined)));
  for (const seed of seeds) expect(await teacher.ask({ ...question, seed }, undefined)).toEqual(together[seed]);
});

test("it is held to the schema of what is asked, in the room that it has, though it knows nothing", async () => {
  const teacher = modelTeacher(model, { template: "bayling" });
  for (let seed = 0; seed < 5; seed++) {
    const request = { ...question, seed, maxTokens: 60 };
    const written = await teacher.ask({ ...request, schema: writtenJson }, undefined);
    expect(parseJsonReply(written.text, writtenSchema).problem).toBeUndefined();
    expect(written.completionTokens).toBeLessThanOrEqual(60);
    const judged = await teacher.ask({ ...request, schema: judgedJson }, undefined);
    expect(parseJsonReply(judged.text, judgedSchema).problem).toBeUndefined();
  }
});

test("it stops at the signal, and goes on answering", async () => {
  const teacher = modelTeacher(model, { template: "bayling" });
  const reason = new Error("enough");
  const stop = new AbortController();
  const asking = teacher.ask({ ...question, maxTokens: 2000 }, stop.signal);
  setTimeout(() => stop.abort(reason), 20);
  await expect(asking).rejects.toBe(reason);
  expect((await teacher.ask(question, undefined)).completionTokens).toBe(12);
});

test("a dialogue that it teaches is the same from the cache, where nobody is asked", async () => {
  const teacher = modelTeacher(model, { template: "bayling" });
  const pair = {
    ...{ source: "I like tea.", target: "Ich mag Tee.", sourceLanguage: "en", targetLanguage: "de" },
    origin: { corpus: "own", file: "own.tsv", line: 1 },
  };
  const plan = {
    ...{ seed: 1, share: 1, turns: 1, acts: ["rephrase"], instructionLanguages: ["en"] as const },
    ...{ attempts: 2, temperature: 0.7 },
  };
  const teach = async () => {
    const desk = new TeacherDesk(teacher, { cacheFolder: path.join(folder, "cache") });
    const taught = await teachPair(pair, plan, { model: teacher.name, ask: (request) => desk.ask(request) });
    return { taught, counts: desk.counts };
  };
  const first = await teach();
  // Whether words mean the same no check can decide, so a model that knows nothing passes where nobody judges.
  expect(first.taught.dialogues[0]?.provenance).toMatchObject({ engine: "teacher", model: model.name });
  expect(first.taught.rejects).toEqual({});
  expect(first.counts).toEqual({ asked: 1, cached: 0 });
  expect(await teach()).toEqual({ taught: first.taught, counts: { asked: 0, cached: 1 } });
});
