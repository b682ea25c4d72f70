import net from "node:net";
import { expect, test } from "vitest";
import { listen } from "./listen.ts";
import { createServer } from "./server.ts";
import { runServer, until } from "./testing/running-server.ts";
import { loadTinyModel } from "./testing/tiny-model.ts";

const ask = (url: string, fields: object) =>
  fetch(`${url}/v1/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ prompt: "the cat", ignore_eos: true, ...fields }),
  });

test("what runs is finished before the server stops, what waits is refused", async () => {
  const { url, server, listening, close } = await runServer({ load: { maxSequences: 1 } });
  const { admission } = server.context;
  const stream = await ask(url, { stream: true, max_tokens: 300 });
  const waiting = ask(url, { max_tokens: 5 });
  await until(() => admission.queued === 1);
  const closed = listening.close();
  expect((await waiting).status).toBe(503);
  expect(admission.running).toBe(1);
  const text = await stream.text();
  expect(text.endsWith("data: [DONE]\n\n")).toBe(true);
  expect(text.match(/data: /g)!.length).toBeGreaterThan(200);
  await closed;
  await expect(ask(url, {})).rejects.toThrow();
  await close();
});

test("the second time the server stops at once", async () => {
  const { url, listening, server, reports, close } = await runServer();
  const stream = await ask(url, { stream: true, max_tokens: 1000 });
  const reading = stream.text().then(
    (text) => text,
    () => "broken",
  );
  const controller = new AbortController();
  const closed = listening.close({ signal: controller.signal });
  expect(server.context.admission.running).toBe(1);
  controller.abort();
  await closed;
  expect(await reading).not.toContain("[DONE]");
  await until(() => reports.length > 0);
  expect(reports.at(-1)).toMatchObject({ problem: "stopping", route: "/v1/completions", model: "tiny" });
  await close();
});

test("others in the network are let in with a key only", async () => {
  const model = await loadTinyModel();
  const server = await createServer({ models: [{ model }] });
  for (const host of ["0.0.0.0", "::", "192.168.1.1"]) {
    await expect(listen(server, { host, port: 0 })).rejects.toMatchObject({ code: "argument-invalid", field: "host" });
  }
  const first = await listen(server, { port: 0 });
  await expect(listen(server, { port: first.port })).rejects.toMatchObject({ code: "argument-invalid", field: "port" });
  await expect(listen(server, { host: "127.300.0.1", port: 0, open: true })).rejects.toMatchObject({ field: "host" });
  await first.close();
  await model.dispose();
});

/** Writes bytes to a socket and reads what comes until the end. */
function exchange(port: number, bytes: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = net.connect(port, "127.0.0.1");
    let text = "";
    socket.on("data", (piece) => {
      text += piece;
    });
    socket.on("error", () => {});
    socket.on("close", () => resolve(text));
    socket.write(bytes);
  });
}

test("heads that are too long, come too slowly or are no heads end the connection, and nothing else", async () => {
  const { server, close } = await runServer();
  const listening = await listen(server, { port: 0, headSeconds: 1 });
  const { port } = listening;
  const flood = `GET /health HTTP/1.1\r\nHost: localhost\r\n${"X-Flood: 0123456789\r\n".repeat(2000)}\r\n`;
  expect(await exchange(port, flood)).toMatch(/^HTTP\/1.1 431 /);
  expect(await exchange(port, `GET /health HTTP/1.1\r\nHost: localhost\r\nX: ${"x".repeat(20_000)}\r\n\r\n`)).toMatch(
    / 431 /,
  );
  expect(await exchange(port, "nonsense\r\n\r\n")).toMatch(/^HTTP\/1.1 400 /);
  expect(await exchange(port, "GET /health HTTP/1.1\r\nHost: local")).toMatch(/^HTTP\/1.1 408 /);
  expect((await fetch(`${listening.url}/health`)).status).toBe(200);
  await listening.close();
  await close();
});

const post = (length: number, begin: string) =>
  `POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n${begin}`;

test("a body that never comes is the client's doing, in log and metrics", async () => {
  const { server, reports, close } = await runServer();
  const listening = await listen(server, { port: 0, headSeconds: 1, bodySeconds: 1 });
  expect(await exchange(listening.port, post(100_000, "{"))).toMatch(/^HTTP\/1.1 408 /);
  const socket = net.connect(listening.port, "127.0.0.1");
  await new Promise((resolve) => socket.write(post(100_000, "{"), resolve));
  socket.destroy();
  await until(() => reports.length === 2);
  for (const report of reports) expect(report).toMatchObject({ status: 408, problem: "client-gone", cause: undefined });
  expect(await server.context.metrics.registry.metrics()).not.toContain('status="5');
  await listening.close();
  await close();
});

test("a connection whose body is too long is said to end", async () => {
  const { listening, close } = await runServer();
  const answer = await exchange(listening.port, post(2 ** 30, "{"));
  expect(answer).toMatch(/^HTTP\/1.1 413 /);
  expect(answer).toMatch(/^connection: close\r$/im);
  await close();
});
