import { homedir, tmpdir } from "node:os";
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { createServer, type Server } from "./server.ts";
import { loadTinyModel } from "./testing/tiny-model.ts";

let server: Server;

beforeAll(async () => {
  const model = await loadTinyModel();
  server = await createServer({
    models: [{ model, id: "tiny" }],
    limits: { bodyBytes: 20_000, promptCharacters: 5000, maxTokens: 50, jsonDepth: 20 },
  });
});

const send = (path: string, body: BodyInit, headers: Record<string, string> = { "content-type": "application/json" }) =>
  server.fetch(
    new Request(`http://localhost${path}`, { method: "POST", body, headers, duplex: "half" } as RequestInit),
  );

const message = (content: unknown) => JSON.stringify({ messages: [{ role: "user", content }], max_tokens: 1 });

/** A refusal in OpenAI's shape, after which the server still works. */
async function expectRefused(response: Response, status?: number): Promise<void> {
  const text = await response.text();
  expect({ status: response.status, text }).toEqual({ status: status ?? expect.any(Number), text: expect.any(String) });
  expect(response.status).toBeGreaterThanOrEqual(400);
  expect(response.status).toBeLessThan(500);
  expect(JSON.parse(text)).toEqual({
    error: {
      message: expect.any(String),
      type: expect.any(String),
      param: expect.toSatisfy(isNullOrText),
      code: expect.any(String),
    },
  });
  // Nothing of the machine.
  expect(text).not.toMatch(/node_modules|\.ts:|at async|\/home/);
  for (const folder of [process.cwd(), homedir(), tmpdir()]) expect(text).not.toContain(folder);
}

const isNullOrText = (value: unknown) => value === null || typeof value === "string";

test("bodies that are too long are refused, also when they do not say how long they are", async () => {
  const long = message("x".repeat(30_000));
  await expectRefused(
    await send("/v1/chat/completions", long, {
      "content-type": "application/json",
      "content-length": String(long.length),
    }),
    413,
  );
  let sent = 0;
  const endless = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      sent++;
      controller.enqueue(new Uint8Array(1000).fill(120));
    },
  });
  await expectRefused(await send("/v1/chat/completions", endless), 413);
  expect(sent).toBeLessThan(100);
  await expectRefused(await send("/v1/chat/completions", message("y".repeat(6000))), 413);
});

test("what is no JSON, too deep, or of another kind is refused", async () => {
  const deep = `{"messages":${"[".repeat(5000)}${"]".repeat(5000)}}`;
  const nested = `{"a":${'{"a":'.repeat(1000)}1${"}".repeat(1000)}}`;
  const bodies = ["", "{", "null", "[]", "1", '"x"', "{'a':1}", "\u0000", '{"messages":1e999}', deep, nested, "{}"];
  for (const body of bodies) await expectRefused(await send("/v1/chat/completions", body));
  await expectRefused(await send("/v1/chat/completions", new Uint8Array([0xff, 0xfe, 0x80])));
  for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "x"]) {
    await expectRefused(await send("/v1/chat/completions", message("a"), { "content-type": type }));
  }
  // Brackets within a text are text.
  const response = await send("/v1/chat/completions", message(`[[[[{{{{"\\${"[".repeat(300)}`));
  expect(response.status).toBe(200);
});

test("fields that are named as what all objects have are named in the refusal", async () => {
  for (const name of ["__proto__", "constructor", "toString"]) {
    const response = await send("/v1/chat/completions", `{"messages":[{"role":"user","content":"a"}],"${name}":1}`);
    expect(await response.json()).toMatchObject({ error: { param: name, code: "unsupported_parameter" } });
    const detected = await send("/translate", JSON.stringify({ q: "a", source: name, target: "de" }));
    expect(detected.status).toBe(400);
  }
});

test("paths and methods that there are not are refused in the same shape", async () => {
  for (const path of [
    "/v1/../../etc/passwd",
    "/v1/models/%2e%2e%2f",
    "/v1/nothing",
    "/",
    "//",
    "/v1/chat/completions/x",
    "/%00",
  ]) {
    const response = await server.fetch(new Request(`http://localhost${path}`));
    if (response.status !== 200) await expectRefused(response, 404);
  }
  await expectRefused(
    await server.fetch(new Request("http://localhost/v1/chat/completions", { method: "DELETE" })),
    404,
  );
});

test("more tokens than the server writes are refused, and what says nothing gets as many as there are", async () => {
  await expectRefused(await send("/v1/completions", JSON.stringify({ prompt: "a", max_tokens: 51 })), 400);
  const response = await send("/v1/chat/completions", JSON.stringify({ messages: [{ role: "user", content: "a" }] }));
  const { usage } = (await response.json()) as { usage: { completion_tokens: number } };
  expect(usage.completion_tokens).toBeLessThanOrEqual(50);
});

const anything = fc.oneof(
  fc.anything({ maxDepth: 3, withBigInt: false, withDate: false }),
  fc.constantFrom(null, -1, 0, 1e308, 2 ** 53, "", "__proto__", [], {}, [[]], [null], { type: "text" }),
  fc.double(),
);
const fields = [
  ..."model messages max_tokens max_completion_tokens temperature top_p n stream stream_options stop seed".split(" "),
  ..."presence_penalty frequency_penalty logit_bias user response_format grammar top_k min_p repetition_penalty".split(
    " ",
  ),
  ..."ignore_eos logprobs top_logprobs modalities metadata tools tool_choice prompt echo suffix best_of".split(" "),
];

test("any value of any field gives an answer or a refusal, never a failure", async () => {
  const body = fc.record(Object.fromEntries(fields.map((field) => [field, anything])), { requiredKeys: [] });
  await fc.assert(
    fc.asyncProperty(body, fc.boolean(), async (given, isChat) => {
      const base = isChat ? { messages: [{ role: "user", content: "a" }] } : { prompt: "a" };
      const text = JSON.stringify({ max_tokens: 2, ...base, ...given });
      const response = await send(isChat ? "/v1/chat/completions" : "/v1/completions", text);
      if (response.status === 200) await response.text();
      else await expectRefused(response);
    }),
    { numRuns: 300 },
  );
  // One at a time, so that every field is looked at by itself.
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...fields), anything, fc.boolean(), async (field, value, isChat) => {
      const base = isChat ? { messages: [{ role: "user", content: "a" }] } : { prompt: "a" };
      const text = JSON.stringify({ max_tokens: 2, ...base, [field]: value });
      const response = await send(isChat ? "/v1/chat/completions" : "/v1/completions", text);
      if (response.status === 200) await response.text();
      else await expectRefused(response);
    }),
    { numRuns: 500 },
  );
  const health = await server.fetch(new Request("http://localhost/health"));
  expect(await health.json()).toEqual({ status: "ready", running: 0, waiting: 0 });
});
