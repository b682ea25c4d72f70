import { getEventListeners } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeTinyLlama } from "@bayling/backend-conformance/tiny-llama";
import { type ChatMessage, loadModel, type Model } from "@bayling/core";
import { countLength } from "@bayling/core/constraints";
import { cpu } from "@bayling/core/cpu";
import { explain, includeTerms, shorten } from "@bayling/core/interaction";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { answerQuestions } from "../bayling-80/answer-questions.ts";
import { parseQuestions } from "../bayling-80/question.ts";
import { judgeAnswers } from "../judge/judge-answers.ts";
import type { ChatSystem } from "./chat-system.ts";
import { endpointSystem } from "./endpoint-system.ts";
import { interactiveChat } from "./interactive-chat.ts";
import { interactiveTranslator } from "./interactive-translator.ts";
import { localSystem } from "./local-system.ts";
import { translateTexts } from "./translate-texts.ts";

let folder: string;
let model: Model;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "bayling-systems-"));
  const file = join(folder, "tiny.gguf");
  await writeTinyLlama(file, { config: { maxPositionEmbeddings: 1024 } });
  model = await loadModel(file, { backend: cpu(), maxSequences: 12 });
});
afterAll(async () => {
  await model.dispose();
  await rm(folder, { recursive: true, force: true });
});

describe("a local system", () => {
  const make = () => localSystem(model, { template: "bayling", maxTokens: 8, name: "tiny" });

  it("replies to a dialogue as a chat does", async () => {
    const messages: ChatMessage[] = [
      { role: "user", content: "a" },
      { role: "assistant", content: "b" },
      { role: "user", content: "c" },
    ];
    const chat = await model.chat({ template: "bayling", history: messages.slice(0, 2) });
    const expected = await chat.send("c", { maxTokens: 8 }).text();
    chat.dispose();
    expect(await make().reply(messages)).toBe(expected);
  });

  it("writes replies in common batches, in the order of the questions", async () => {
    const system = make();
    const questions = Array.from({ length: 7 }, (_, id) => ({ id, category: "all", turns: [`q${id}`, "and then?"] }));
    const together = await answerQuestions(system, questions);
    const alone = await answerQuestions({ ...system, concurrency: 1 }, questions);
    expect(together).toEqual(alone);
    for (const { response } of together) expect(response.length).toBe(2);
  });

  it("stops at the signal", async () => {
    const reply = make().reply([{ role: "user", content: "a" }], { signal: AbortSignal.abort(new Error("enough")) });
    await expect(reply).rejects.toThrow("enough");
  });
});

describe("interactive systems", () => {
  it("translate texts; with sessions, words that are asked for are there", async () => {
    const system = interactiveTranslator(model, {
      template: "bayling",
      profile: "bayling",
      decoding: { maxTokens: 16, beams: 2 },
    });
    const texts = ["one", "two", "three"].map((source) => ({ from: "en", to: "de", source, terms: ["Katze"] }));
    for (const line of await translateTexts(system, texts)) expect(line).toContain("Katze");
    const dialogue = await system.open({ from: "en", to: "de", source: "one" });
    await dialogue.translate();
    dialogue.settle("Eins", "translation");
    expect(await dialogue.reply(includeTerms(["Hund"]), "")).toContain("Hund");
    expect(typeof (await dialogue.suggest!("Ei"))).toBe("string");
    dialogue.dispose();
  });

  it("do not take words about a translation for one", async () => {
    const decoding = { maxTokens: 16, beams: 2 };
    const system = interactiveTranslator(model, { template: "bayling", profile: "bayling", decoding });
    const dialogue = await system.open({ from: "en", to: "de", source: "one two" });
    await dialogue.translate();
    dialogue.settle("Eins zwei", "translation");
    await dialogue.reply(explain(), "Why?");
    dialogue.settle("Because one is eins, and two is zwei.", "text");
    // Shorter than two words.
    expect(countLength(await dialogue.reply(shorten(), "Shorter."), "words")).toBeLessThan(2);
    dialogue.dispose();
  });

  it("chat in words, from where the dialogue was put", async () => {
    const asked: string[][] = [];
    const echo: ChatSystem = {
      ...{ name: "echo", settings: {}, concurrency: 1 },
      reply: async (messages) => {
        asked.push(messages.map(({ role, content }) => `${role[0]}:${content}`));
        return '"so"';
      },
    };
    const dialogue = await interactiveChat(echo, { profile: "bayling" }).open({
      from: "en",
      to: "de",
      source: "one",
      terms: ["x"],
    });
    await dialogue.translate();
    dialogue.settle("Eins", "translation");
    await dialogue.reply(includeTerms(["Hund"]), "Use Hund");
    const first = "u:Provide the German translation for this sentence: one\nMake sure to include these words: x";
    expect(asked).toEqual([[first], [first, "a:Eins", "u:Use Hund"]]);
  });
});

describe("an endpoint", () => {
  type Answer = (request: { messages: ChatMessage[]; [field: string]: unknown }, response: ServerResponse) => void;
  let server: Server;
  let answer: Answer;
  let requests = 0;
  let url: string;
  beforeAll(async () => {
    server = createServer(async (request: IncomingMessage, response) => {
      requests++;
      let body = "";
      for await (const chunk of request) body += String(chunk);
      answer(JSON.parse(body), response);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  const say = (response: ServerResponse, content: unknown, status = 200) => {
    response.writeHead(status, { "content-type": "application/json", "retry-after-ms": "1" });
    response.end(
      JSON.stringify(status === 200 ? { choices: [{ message: { content } }] } : { error: { message: "no" } }),
    );
  };
  const ask: ChatMessage[] = [{ role: "user", content: "hello" }];

  it("is asked through its API", async () => {
    answer = (request, response) =>
      say(response, `${request.model} ${request.temperature} ${JSON.stringify(request.messages)}`);
    const system = endpointSystem({ url, model: "m", system: "be short" });
    expect(await system.reply(ask)).toBe(
      'm 0 [{"role":"system","content":"be short"},{"role":"user","content":"hello"}]',
    );
  });

  it("is asked again when it is busy, and given up with its address but no secrets", async () => {
    const before = requests;
    answer = (_, response) => (requests < before + 3 ? say(response, "", 429) : say(response, "at last"));
    expect(await endpointSystem({ url, model: "m" }).reply(ask)).toBe("at last");
    expect(requests).toBe(before + 3);
    answer = (_, response) => say(response, "", 500);
    const secret = url.replace("http://", "http://user:secret@");
    const failing = endpointSystem({ url: secret, model: "m", retries: 1, apiKey: "key" }).reply(ask);
    const error: unknown = await failing.catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "endpoint-failed", source: url });
    expect(String(error)).not.toMatch(/secret|key/);
  });

  it("that is dead, or answers with something else, is an error that says so", async () => {
    answer = (_, response) => say(response, null);
    await expect(endpointSystem({ url, model: "m" }).reply(ask)).rejects.toMatchObject({ code: "endpoint-failed" });
    const dead = endpointSystem({ url: "http://127.0.0.1:9/v1", model: "m", retries: 0 });
    await expect(dead.reply(ask)).rejects.toMatchObject({ code: "endpoint-failed" });
  });

  it("leaves nothing on the signal of a run", async () => {
    answer = (_, response) => say(response, "yes");
    const { signal } = new AbortController();
    const system = endpointSystem({ url, model: "m" });
    await Promise.all(Array.from({ length: 12 }, () => system.reply(ask, { signal })));
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  it("is left when the signal says so", async () => {
    const stop = new AbortController();
    // Once the request is there: one that came later would be answered by the next test.
    answer = () => stop.abort(new Error("enough"));
    const reply = endpointSystem({ url, model: "m" }).reply(ask, { signal: stop.signal });
    await expect(reply).rejects.toThrow("enough");
  });

  it("judges both orders, and a place that it prefers makes no winner", async () => {
    const questions = parseQuestions(
      '{"question_id":1,"text":"q","category":"generic"}\n{"question_id":2,"text":["a","b"]}',
      "q.jsonl",
    );
    const replies = (text: string) =>
      questions.map(({ id, category, turns }) => ({
        question_id: id,
        category,
        text: turns,
        response: turns.map(() => text),
      }));
    // Prefers whatever stands first, and "good" a little more.
    answer = ({ messages }, response) => {
      const [first, second] = messages[0]!.content.split("[Answer of Assistant 2]");
      const score = (part: string, bonus: number) => 5 + bonus + (part.includes("good") ? 1 : 0);
      say(
        response,
        `Both.\nScore of the Assistant 1: ${score(first!, 2)}\nScore of the Assistant 2: ${score(second!, 0)}`,
      );
    };
    const judge = endpointSystem({ url, model: "judge" });
    const { report, swayedByOrder, unreadable } = await judgeAnswers(judge, replies("good"), replies("bad"));
    expect([report.wins, report.ties, report.losses, unreadable]).toEqual([2, 0, 0, []]);
    expect(swayedByOrder).toBe(2);
    expect((await judgeAnswers(judge, replies("bad"), replies("bad"))).report.ties).toBe(2);
    answer = (_, response) => say(response, "I cannot judge.");
    expect((await judgeAnswers(judge, replies("good"), replies("bad"))).unreadable).toEqual([1, 2]);
  });
});

it("says on which line no question stands", () => {
  expect(() => parseQuestions('{"question_id":1,"text":"a"}\n{"text":"a"}', "q.jsonl")).toThrow(
    /q\.jsonl:2: this is no question/,
  );
  expect(() => parseQuestions("null", "q.jsonl")).toThrow(/q\.jsonl:1/);
});
