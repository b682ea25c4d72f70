import http from "node:http";
import { beforeAll, expect, test } from "vitest";
import { type RunningServer, runServer, until } from "./testing/running-server.ts";

let running: RunningServer;

beforeAll(async () => {
  running = await runServer({ load: { maxSequences: 4 }, limits: { queue: 60 } });
});

const bodyOf = (fields: object) =>
  JSON.stringify({ prompt: "the cat sat", max_tokens: 30, seed: 1, ignore_eos: true, ...fields });

/** A request on a connection of its own; the response is not read. */
function post(fields: object): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json" };
    const request = http.request(`${running.url}/v1/completions`, { method: "POST", agent: false, headers }, resolve);
    request.on("error", reject);
    request.end(bodyOf(fields));
  });
}

async function textOf(response: http.IncomingMessage): Promise<string> {
  let text = "";
  for await (const piece of response.setEncoding("utf8")) text += piece;
  return text;
}

/** Takes a byte now and then. */
async function readSlowly(response: http.IncomingMessage): Promise<string> {
  let text = "";
  for await (const piece of response.setEncoding("utf8")) {
    text += piece;
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  return text;
}

test("200 at once, slow readers and dropped clients among them: all are answered or told to come back", async () => {
  const { admission } = running.server.context;
  let most = 0;
  const watch = setInterval(() => {
    most = Math.max(most, admission.running);
  }, 1);
  const outcomes = await Promise.all(
    Array.from({ length: 200 }, async (_, index) => {
      const kind = (["slow", "dropped", "whole", "stream"] as const)[index % 4]!;
      const response = await post({ stream: kind !== "whole" });
      if (response.statusCode === 429) {
        expect(Number(response.headers["retry-after"])).toBeGreaterThanOrEqual(1);
        expect(JSON.parse(await textOf(response))).toMatchObject({ error: { code: "rate_limit_exceeded" } });
        return "refused";
      }
      expect(response.statusCode).toBe(200);
      if (kind === "dropped") {
        response.destroy();
        return kind;
      }
      const text = await (kind === "slow" ? readSlowly(response) : textOf(response));
      if (kind === "whole") expect(JSON.parse(text).usage.completion_tokens).toBe(30);
      else expect(text.endsWith("data: [DONE]\n\n")).toBe(true);
      return kind;
    }),
  );
  clearInterval(watch);
  const count = (kind: string) => outcomes.filter((outcome) => outcome === kind).length;
  // As many as there are places and seats in the queue, at the very least.
  expect(200 - count("refused")).toBeGreaterThanOrEqual(64);
  for (const kind of ["slow", "dropped", "whole", "stream"]) expect(count(kind)).toBeGreaterThan(0);
  expect(most).toBeLessThanOrEqual(4);
  await until(() => admission.running === 0 && admission.queued === 0);
  expect(JSON.parse(await textOf(await post({}))).usage.completion_tokens).toBe(30);
});

test.each([true, false])(
  "a client that goes away frees its place in the middle of its text (stream: %s)",
  async (stream) => {
    const { admission, models } = running.server.context;
    const { model } = models.default;
    const before = model.evaluatedTokens;
    const requests = Array.from({ length: 4 }, () => {
      const request = http.request(`${running.url}/v1/completions`, {
        ...{ method: "POST", agent: false, headers: { "content-type": "application/json" } },
      });
      request.on("error", () => {});
      request.end(bodyOf({ stream, max_tokens: 1000 }));
      return request;
    });
    await until(() => admission.running === 4 && model.evaluatedTokens > before + 100);
    const waiting = post({ max_tokens: 1 });
    await until(() => admission.queued === 1);
    const atDrop = model.evaluatedTokens;
    for (const request of requests) request.destroy();
    expect((await waiting).statusCode).toBe(200);
    await until(() => admission.running === 0);
    await until(() => running.reports.filter(({ problem }) => problem === "client-gone").length >= 4);
    // Whatever the machine takes for a token: of nearly 4,000 that were asked for, few more were written.
    expect(model.evaluatedTokens - atDrop).toBeLessThan(1000);
  },
);

test("who does not read at all holds no place", async () => {
  const { server } = running;
  const { admission } = server.context;
  const request = () =>
    server.fetch(
      new Request("http://localhost/v1/completions", {
        ...{ method: "POST", body: bodyOf({ stream: true }), headers: { "content-type": "application/json" } },
      }),
    );
  const responses = await Promise.all(Array.from({ length: 12 }, request));
  await until(() => admission.running === 0);
  for (const response of responses) expect(await response.text()).toContain("[DONE]");
});
