import { expect, test } from "vitest";
import { EventStream } from "./event-stream.ts";

const streamOf = (limits: { streamBufferBytes?: number; readerSeconds?: number } = {}) => {
  const gone: unknown[] = [];
  const stream = new EventStream({
    limits: { streamBufferBytes: 1000, readerSeconds: 600, ...limits },
    onGone: (reason) => gone.push(reason),
  });
  return { stream, gone };
};

test("all events arrive, in order, however the reader reads", async () => {
  const { stream } = streamOf();
  const reading = new Response(stream.readable).text();
  for (let index = 0; index < 100; index++) {
    await stream.send(String(index));
    if (index % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  stream.end();
  expect(await reading).toBe(Array.from({ length: 100 }, (_, index) => `data: ${index}\n\n`).join(""));
});

test("writing does not wait for a reader until the buffer is full, and goes on when it reads", async () => {
  const { stream } = streamOf();
  let free = 0;
  let full: Promise<void> | undefined;
  while (full === undefined) {
    full = stream.send("x".repeat(92));
    free++;
  }
  expect(free).toBe(10);
  const reader = stream.readable.getReader();
  expect((await reader.read()).value!.length).toBe(1000);
  await full;
  expect(stream.send("more")).toBeUndefined();
  stream.end();
  expect(new TextDecoder().decode((await reader.read()).value)).toBe("data: more\n\n");
  expect((await reader.read()).done).toBe(true);
});

test("everybody who waits for room goes on when there is some", async () => {
  const { stream } = streamOf({ streamBufferBytes: 1 });
  const waiting = ["a", "b", "c"].map((text) => stream.send(text));
  expect(waiting.every((each) => each !== undefined)).toBe(true);
  const { value } = await stream.readable.getReader().read();
  expect(new TextDecoder().decode(value)).toBe("data: a\n\ndata: b\n\ndata: c\n\n");
  await Promise.all(waiting);
});

test("a reader that takes nothing is given up, and the writer is let go", async () => {
  const { stream, gone } = streamOf({ streamBufferBytes: 1, readerSeconds: 0.01 });
  await stream.send("x");
  expect(gone).toHaveLength(1);
  expect(stream.send("y")).toBeUndefined();
  await expect(stream.readable.getReader().read()).rejects.toThrow("took nothing");
});

test("a reader that goes away is told about once, and nothing is kept for it", async () => {
  const { stream, gone } = streamOf({ streamBufferBytes: 1 });
  const full = stream.send("x");
  await stream.readable.cancel("enough");
  await full;
  expect(gone).toEqual(["enough"]);
  stream.end();
});
