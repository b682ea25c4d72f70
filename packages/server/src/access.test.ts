import { expect, test } from "vitest";
import { Access } from "./access.ts";
import { createServer, type ServerOptions } from "./server.ts";
import { loadTinyModel } from "./testing/tiny-model.ts";

async function serverWith(options: Partial<ServerOptions>) {
  const model = await loadTinyModel();
  return createServer({ models: [{ model, id: "tiny" }], ...options });
}

test("a name that somebody made point here is refused, unless keys are asked for", async () => {
  const open = await serverWith({});
  const get = (url: string, headers?: Record<string, string>) =>
    open.fetch(new Request(url, { headers: headers ?? {} }));
  for (const host of ["localhost", "127.0.0.1:8080", "[::1]:8080"]) {
    expect((await get(`http://${host}/v1/models`)).status).toBe(200);
  }
  for (const host of ["evil.example", "localhost.evil.example", "192.168.0.3"]) {
    expect((await get(`http://${host}/v1/models`)).status).toBe(403);
  }
  const named = await serverWith({ hosts: ["model.internal"] });
  expect((await named.fetch(new Request("http://model.internal/health"))).status).toBe(200);
  expect((await named.fetch(new Request("http://localhost/health"))).status).toBe(403);
  const guarded = await serverWith({ apiKeys: ["secret-key"] });
  const headers = { authorization: "Bearer secret-key" };
  expect((await guarded.fetch(new Request("http://any.example/v1/models", { headers }))).status).toBe(200);
});

test("pages of other origins may ask only if they are listed, and never with credentials", async () => {
  const server = await serverWith({ corsOrigins: ["https://app.example"] });
  const ask = (origin: string, init: RequestInit = {}) =>
    server.fetch(new Request("http://localhost/v1/models", { ...init, headers: { ...init.headers, origin } }));
  const allowed = await ask("https://app.example");
  expect(allowed.headers.get("access-control-allow-origin")).toBe("https://app.example");
  expect(allowed.headers.get("access-control-allow-credentials")).toBeNull();
  const preflight = await ask("https://app.example", {
    method: "OPTIONS",
    headers: {
      "access-control-request-method": "POST",
      "access-control-request-headers": "authorization, content-type",
    },
  });
  expect(preflight.status).toBe(204);
  expect(preflight.headers.get("access-control-allow-headers")).toBe("authorization, content-type");
  for (const origin of ["https://evil.example", "null", "https://app.example.evil.example", "http://app.example"]) {
    const refused = await ask(origin);
    expect(refused.status).toBe(403);
    expect(refused.headers.get("access-control-allow-origin")).toBeNull();
  }
  expect((await ask("http://localhost")).status).toBe(200);
});

test("keys open the door, and nothing that resembles one", () => {
  const access = new Access({ apiKeys: ["first-key", "second-key"] });
  expect(access.identify("Bearer first-key", "1.2.3.4")).toBe("key 0");
  expect(access.identify("bearer second-key", undefined)).toBe("key 1");
  expect(access.identify("DeepL-Auth-Key second-key", undefined)).toBe("key 1");
  expect(access.identify(undefined, undefined, "second-key")).toBe("key 1");
  for (const header of [
    "first-key",
    "Bearer first-ke",
    "Bearer first-key2",
    "Basic first-key",
    "Bearer ",
    "Bearer undefined",
  ]) {
    expect(() => access.identify(header, "1.2.3.4", "first-key")).toThrow(expect.objectContaining({ status: 401 }));
  }
  expect(() => access.identify(undefined, "1.2.3.4")).toThrow(expect.objectContaining({ code: "key-missing" }));
  for (const apiKeys of [["short"], ["with space in it"], [""]]) {
    expect(() => new Access({ apiKeys })).toThrow(expect.objectContaining({ code: "argument-invalid" }));
  }
});
