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
  const missing = await get("/v1/models/..%2f..%2fetc%2fpasswd");
  expect(missing.status).toBe(404);
  expect(await missing.json()).toMatchObject({ error: { code: "model_not_found", param: "model" } });
  await server.stop();
  await model.dispose();
});
