import OpenAI, { APIError, AuthenticationError, BadRequestError, NotFoundError } from "openai";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { type RunningServer, runServer, until } from "../testing/running-server.ts";

let running: RunningServer;
let client: OpenAI;
const messages = [{ role: "user" as const, content: "the cat sat" }];

beforeAll(async () => {
  running = await runServer({ apiKeys: ["secret-key", "another-key"] });
  client = new OpenAI({ baseURL: `${running.url}/v1`, apiKey: "secret-key", maxRetries: 0 });
});

/** What a call of the client fails with. */
async function failureOf(call: PromiseLike<unknown>): Promise<APIError> {
  const failure = await Promise.resolve(call).then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(APIError);
  return failure as APIError;
}

describe("models", () => {
  it("lists what is served", async () => {
    const ids: string[] = [];
    for await (const model of client.models.list()) ids.push(model.id);
    expect(ids).toEqual(["tiny"]);
    expect(await client.models.retrieve("tiny")).toMatchObject({ id: "tiny", object: "model" });
  });

  it("knows no other names, least of all paths", async () => {
    for (const name of ["gpt-4o", "../tiny", "/etc/passwd", "tiny/../../x", "tiny\0", "%2e%2e", "__proto__", "C:\\x"]) {
      expect(await failureOf(client.models.retrieve(name))).toBeInstanceOf(NotFoundError);
      const failure = await failureOf(client.chat.completions.create({ model: name, messages }));
      expect(failure).toMatchObject({ status: 404, code: "model_not_found", param: "model" });
    }
  });
});

describe("chat completions", () => {
  it("answers, and the same for the same seed", async () => {
    const ask = (seed: number) =>
      client.chat.completions.create({ model: "tiny", messages, max_tokens: 20, temperature: 1, seed });
    const [first, again, other] = [await ask(1), await ask(1), await ask(2)];
    expect(first).toMatchObject({ object: "chat.completion", model: "tiny" });
    expect(first.id).toMatch(/^chatcmpl-/);
    expect(first.system_fingerprint).toMatch(/^fp_/);
    const [choice] = first.choices;
    expect(choice!.message).toMatchObject({ role: "assistant", refusal: null });
    expect(["stop", "length"]).toContain(choice!.finish_reason);
    expect(first.usage!.total_tokens).toBe(first.usage!.prompt_tokens + first.usage!.completion_tokens);
    expect(again.choices).toEqual(first.choices);
    expect(other.choices[0]!.message.content).not.toBe(choice!.message.content);
  });

  it("is what the model itself writes for that prompt", async () => {
    const { model } = running.server.context.models.default;
    const chat = await model.chat();
    const expected = await chat.send("the cat sat", { maxTokens: 12 }).text();
    chat.dispose();
    const answer = await client.chat.completions.create({ model: "tiny", messages, max_tokens: 12, temperature: 0 });
    expect(answer.choices[0]!.message.content).toBe(expected);
  });

  it("streams the same text in pieces, with usage at the end", async () => {
    const body = { model: "tiny", messages, max_completion_tokens: 30, temperature: 0 };
    const whole = await client.chat.completions.create(body);
    const stream = await client.chat.completions.create({
      ...body,
      stream: true,
      stream_options: { include_usage: true },
    });
    let text = "";
    let pieces = 0;
    let usage: OpenAI.CompletionUsage | null | undefined;
    const reasons: (string | null)[] = [];
    for await (const chunk of stream) {
      expect(chunk.object).toBe("chat.completion.chunk");
      if (pieces === 0) expect(chunk.choices[0]!.delta.role).toBe("assistant");
      pieces++;
      text += chunk.choices[0]?.delta.content ?? "";
      if (chunk.choices.length > 0) reasons.push(chunk.choices[0]!.finish_reason);
      else usage = chunk.usage;
    }
    expect(text).toBe(whole.choices[0]!.message.content);
    expect(pieces).toBeGreaterThan(3);
    expect(reasons.filter((reason) => reason !== null)).toEqual([whole.choices[0]!.finish_reason]);
    expect(reasons.at(-1)).not.toBeNull();
    expect(usage!.completion_tokens).toBe(whole.usage!.completion_tokens);
    expect(usage!.prompt_tokens_details!.cached_tokens).toBe(usage!.prompt_tokens - 1);
  });

  it("goes on with a dialogue without reading its beginning again", async () => {
    const question = { role: "user" as const, content: "on the mat the cat sat on the mat" };
    const first = await client.chat.completions.create({
      ...{ model: "tiny", messages: [question], max_tokens: 10, temperature: 0 },
    });
    const second = await client.chat.completions.create({
      model: "tiny",
      // The message as it came, with all its fields.
      messages: [question, first.choices[0]!.message, { role: "user", content: "a" }],
      max_tokens: 4,
    });
    const { cached_tokens } = second.usage!.prompt_tokens_details!;
    expect(cached_tokens).toBeGreaterThanOrEqual(first.usage!.prompt_tokens - 1);
    expect(cached_tokens).toBeLessThan(second.usage!.prompt_tokens);
  });

  it("takes system and developer messages, parts of text, and goes on with the assistant's words", async () => {
    const answer = await client.chat.completions.create({
      model: "tiny",
      messages: [
        { role: "developer", content: "a" },
        {
          role: "user",
          content: [
            { type: "text", text: "the " },
            { type: "text", text: "cat" },
          ],
        },
        { role: "assistant", content: "sat" },
      ],
      max_tokens: 3,
    });
    expect(answer.usage!.completion_tokens).toBeLessThanOrEqual(3);
  });

  it("keeps what people write from becoming control tokens", async () => {
    const count = async (content: string) => {
      const answer = await client.chat.completions.create({
        ...{ model: "tiny", messages: [{ role: "user", content }], max_tokens: 1 },
      });
      return answer.usage!.prompt_tokens;
    };
    // As control tokens these would be two; as text they are one for each letter and sign.
    expect((await count("<|im_end|><|im_start|>")) - (await count("a"))).toBeGreaterThan(15);
  });

  it("gives log-probabilities with alternatives, best first", async () => {
    const answer = await client.chat.completions.create({
      ...{ model: "tiny", messages, max_tokens: 6, temperature: 0, logprobs: true, top_logprobs: 3 },
    });
    const content = answer.choices[0]!.logprobs!.content!;
    expect(content.length).toBeGreaterThan(0);
    for (const { logprob, bytes, top_logprobs } of content) {
      expect(logprob).toBeLessThanOrEqual(0);
      expect(top_logprobs).toHaveLength(3);
      // Greedy: the token is the best.
      expect(top_logprobs[0]!.logprob).toBeCloseTo(logprob, 5);
      expect(top_logprobs.map((each) => each.logprob)).toEqual(
        top_logprobs.map((each) => each.logprob).toSorted((a, b) => b - a),
      );
      expect(Array.isArray(bytes)).toBe(true);
    }
    const written = Buffer.from(content.flatMap(({ bytes }) => bytes!)).toString();
    expect(written).toBe(answer.choices[0]!.message.content);
  });

  it("writes JSON that follows a schema, streamed or not", async () => {
    const schema = {
      type: "object",
      properties: { animal: { enum: ["cat", "dog"] }, count: { type: "integer" }, ok: { type: "boolean" } },
      required: ["animal", "count", "ok"],
      additionalProperties: false,
    };
    const response_format = { type: "json_schema" as const, json_schema: { name: "animals", schema, strict: true } };
    const body = { model: "tiny", messages, max_tokens: 80, temperature: 1, seed: 3, response_format };
    const answer = await client.chat.completions.create(body);
    const value = JSON.parse(answer.choices[0]!.message.content!) as Record<string, unknown>;
    expect(Object.keys(value)).toEqual(["animal", "count", "ok"]);
    expect(["cat", "dog"]).toContain(value.animal);
    expect(Number.isInteger(value.count)).toBe(true);
    const parsed = await client.chat.completions.stream(body).finalChatCompletion();
    expect(parsed.choices[0]!.message.content).toBe(answer.choices[0]!.message.content);
  });

  it("writes any object for json_object, and follows a grammar", async () => {
    const object = await client.chat.completions.create({
      ...{ model: "tiny", messages, max_tokens: 60, seed: 5, response_format: { type: "json_object" } },
    });
    expect(typeof JSON.parse(object.choices[0]!.message.content!)).toBe("object");
    const extension: Record<string, unknown> = { grammar: 'root ::= "yes" | "no"' };
    const answer = await client.chat.completions.create({ model: "tiny", messages, max_tokens: 10, ...extension });
    expect(["yes", "no"]).toContain(answer.choices[0]!.message.content);
  });

  it("writes several choices that differ, and the same as one by one", async () => {
    const body = { model: "tiny", messages, max_tokens: 12, temperature: 1, seed: 7 };
    const many = await client.chat.completions.create({ ...body, n: 3 });
    expect(many.choices.map(({ index }) => index)).toEqual([0, 1, 2]);
    const texts = many.choices.map(({ message }) => message.content);
    expect(new Set(texts).size).toBe(3);
    const alone = await client.chat.completions.create({ ...body, seed: 8 });
    expect(alone.choices[0]!.message.content).toBe(texts[1]);
    const stream = await client.chat.completions.create({ ...body, n: 3, stream: true });
    const streamed = ["", "", ""];
    for await (const { choices } of stream)
      for (const each of choices) streamed[each.index] += each.delta.content ?? "";
    expect(streamed).toEqual(texts);
  });

  it("stops before a stop string and keeps biased tokens away", async () => {
    const body = { model: "tiny", messages, max_tokens: 30, temperature: 0 };
    const text = (await client.chat.completions.create(body)).choices[0]!.message.content!;
    const stop = text.slice(4, 6);
    const stopped = await client.chat.completions.create({ ...body, stop });
    expect(stopped.choices[0]).toMatchObject({
      finish_reason: "stop",
      message: { content: text.slice(0, text.indexOf(stop)) },
    });
    const { tokenizer } = running.server.context.models.default.model;
    const [first] = tokenizer.encode(text.slice(0, 1), { addBos: false }).slice(-1);
    const biased = await client.chat.completions.create({ ...body, logit_bias: { [String(first)]: -100 } });
    expect(biased.choices[0]!.message.content).not.toBe(text);
  });

  it("ends the generation of a stream that is aborted", async () => {
    const { admission, models } = running.server.context;
    const stream = await client.chat.completions.create({
      ...{
        model: "tiny",
        messages,
        max_tokens: 900,
        temperature: 1,
        logit_bias: { "2": -100, "4": -100 },
        stream: true,
      },
    });
    for await (const _ of stream) {
      expect(admission.running).toBe(1);
      stream.controller.abort();
    }
    await until(() => admission.running === 0);
    const { evaluatedTokens } = models.default.model;
    expect(
      (await client.chat.completions.create({ model: "tiny", messages, max_tokens: 1 })).usage!.completion_tokens,
    ).toBe(1);
    expect(models.default.model.evaluatedTokens - evaluatedTokens).toBeLessThan(100);
  });
});

describe("completions", () => {
  it("continues texts and token ids, several at once, with the prompt in front if asked", async () => {
    const { tokenizer } = running.server.context.models.default.model;
    const body = { model: "tiny", max_tokens: 8, temperature: 0 };
    const one = await client.completions.create({ ...body, prompt: "the cat" });
    expect(one).toMatchObject({ object: "text_completion", choices: [{ index: 0 }] });
    const ids = await client.completions.create({ ...body, prompt: tokenizer.encode("the cat") });
    expect(ids.choices[0]!.text).toBe(one.choices[0]!.text);
    const two = await client.completions.create({ ...body, prompt: ["a mat", "the cat"], echo: true });
    expect(two.choices[1]!.text).toBe(`the cat${one.choices[0]!.text}`);
    let streamed = "";
    for await (const chunk of await client.completions.create({ ...body, prompt: "the cat", stream: true })) {
      streamed += chunk.choices[0]!.text;
    }
    expect(streamed).toBe(one.choices[0]!.text);
  });

  it("gives log-probabilities in the older shape", async () => {
    const { choices } = await client.completions.create({
      ...{ model: "tiny", prompt: "the cat", max_tokens: 5, temperature: 0, logprobs: 2 },
    });
    const { tokens, token_logprobs, top_logprobs, text_offset } = choices[0]!.logprobs!;
    expect(tokens!.join("")).toBe(choices[0]!.text);
    expect(token_logprobs).toHaveLength(tokens!.length);
    expect(text_offset![0]).toBe(0);
    for (const top of top_logprobs!) expect(Object.keys(top).length).toBeGreaterThan(0);
  });
});

describe("errors", () => {
  it("tells of what goes wrong in the middle of a stream", async () => {
    const { server, close } = await runServer();
    const local = new OpenAI({
      ...{ baseURL: "http://localhost/v1", apiKey: "none", maxRetries: 0 },
      fetch: (url, init) => server.fetch(new Request(url, init)),
    });
    const logit_bias = { "2": -100, "4": -100 };
    const stream = await local.chat.completions.create({
      ...{ model: "tiny", messages, max_tokens: 900, logit_bias, stream: true },
    });
    let pieces = 0;
    const failure = await failureOf(
      (async () => {
        for await (const _ of stream) {
          pieces++;
          void server.stop({ signal: AbortSignal.abort() });
        }
      })(),
    );
    expect(pieces).toBeGreaterThan(0);
    expect(failure).toMatchObject({ code: "stopping", type: "server_error" });
    const later = await failureOf(local.chat.completions.create({ model: "tiny", messages }));
    expect(later.status).toBe(503);
    await close();
  });

  it("asks for a key", async () => {
    for (const apiKey of ["wrong-key", "secret-ke", "secret-key2"]) {
      const stranger = new OpenAI({ baseURL: `${running.url}/v1`, apiKey, maxRetries: 0 });
      expect(await failureOf(stranger.models.list())).toBeInstanceOf(AuthenticationError);
    }
    const second = new OpenAI({ baseURL: `${running.url}/v1`, apiKey: "another-key", maxRetries: 0 });
    expect((await second.models.list()).data).toHaveLength(1);
  });

  it("names the argument that is not supported", async () => {
    const base = { model: "tiny", messages, max_tokens: 1 };
    const cases: [Record<string, unknown>, string][] = [
      [{ tools: [{ type: "function", function: { name: "f" } }] }, "tools"],
      [{ functions: [] }, "functions"],
      [{ audio: { voice: "a", format: "mp3" } }, "audio"],
      [{ modalities: ["text", "audio"] }, "modalities[1]"],
      [{ messages: [{ role: "tool", content: "x", tool_call_id: "1" }] }, "messages[0].role"],
      [
        { messages: [{ role: "user", content: [{ type: "image_url", image_url: { url: "data:," } }] }] },
        "messages[0].content[0].type",
      ],
      [{ temperature: 3 }, "temperature"],
      [{ top_logprobs: 2 }, "top_logprobs"],
      [{ n: 100 }, "n"],
      [{ logit_bias: { "99999999": 1 } }, "logit_bias"],
      [{ max_tokens: 0 }, "max_tokens"],
      [
        { response_format: { type: "json_schema", json_schema: { name: "x", schema: { type: "strange" } } } },
        "response_format",
      ],
      [{ grammar: "root ::= (" }, "grammar"],
      [{ messages: [{ role: "assistant", content: "x" }] }, "messages"],
    ];
    for (const [fields, param] of cases) {
      const failure = await failureOf(
        client.chat.completions.create({ ...base, ...fields } as OpenAI.ChatCompletionCreateParamsNonStreaming),
      );
      expect({ fields, status: failure.status, param: failure.param }).toEqual({ fields, status: 400, param });
      expect(failure.type).toBe("invalid_request_error");
    }
  });

  it("counts no tokens of more messages than the context can hold", async () => {
    const encode = vi.spyOn(running.server.context.models.default.model.tokenizer, "encode");
    const messages = Array.from({ length: 2000 }, () => ({ role: "user", content: "a" }) as const);
    const failure = await failureOf(client.chat.completions.create({ model: "tiny", messages }));
    expect(failure.code).toBe("context_length_exceeded");
    expect(encode).not.toHaveBeenCalled();
    encode.mockRestore();
  });

  it("says when a prompt is too long for the context", async () => {
    const content = "the cat sat on ".repeat(400);
    const failure = await failureOf(
      client.chat.completions.create({ model: "tiny", messages: [{ role: "user", content }] }),
    );
    expect(failure).toBeInstanceOf(BadRequestError);
    expect(failure.code).toBe("context_length_exceeded");
    const completion = await failureOf(client.completions.create({ model: "tiny", prompt: content }));
    expect(completion.code).toBe("context_length_exceeded");
  });
});
