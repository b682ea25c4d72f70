import { expect, test } from "vitest";
import { createServer } from "./server.ts";
import { loadTinyModel } from "./testing/tiny-model.ts";

test("models, health and metrics answer", async () => {
  const model = await loadTinyModel();
  const server = await createServer({ models: [{ model, id: "tiny" }] });
  const get = async (path: string) => server.fetch(new Request(`http://localhost${path}`));
  expect(await (await get("/v1/models")).json()).toMatchObject({ data: [{ id: "tiny", object: "model" }] });
  expect(await (await get("/health")).json()).toEqual({ status: "ready", running: 0, waiting: 0 });
  expect(await (await get("/metrics")).text()).toContain('bayling_requests_total{route="/v1/models",status="200"} 1');
  const body = JSON.stringify({ prompt: "the cat", max_tokens: 5, ignore_eos: true });
  const headers = { "content-type": "application/json" };
  await server.fetch(new Request("http://localhost/v1/completions", { method: "POST", body, headers }));
  for (let index = 0; index < 20; index++) await get(`/made-up-${index}`);
  const counted = await (await get("/metrics")).text();
  expect(counted).toContain('bayling_tokens_total{kind="generated"} 5');
  expect(counted).toContain("bayling_time_to_first_token_seconds_count 1");
  // Paths that clients make up are one label.
  expect(counted).toContain('bayling_requests_total{route="other",status="404"} 20');
  expect(counted).not.toContain("made-up");
  const missing = await get("/v1/models/..%2f..%2fetc%2fpasswd");
  expect(missing.status).toBe(404);
  expect(await missing.json()).toMatchObject({ error: { code: "model_not_found", param: "model" } });
  await server.stop();
  await model.dispose();
});
