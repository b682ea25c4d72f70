import { describe, expect, it } from "vitest";
import { cpu } from "../cpu/cpu-backend.ts";
import { readGguf } from "../formats/gguf-reader.ts";
import { loadModel } from "../load-model.ts";
import { failure } from "../testing/gguf-bytes.ts";
import { tinyGguf } from "../testing/tiny-model.ts";
import { loadTokenizer } from "../tokenizer/load-tokenizer.ts";
import type { ByteSource } from "./byte-source.ts";
import { openSource } from "./open-source.ts";

const file = new Uint8Array(await (await tinyGguf()).arrayBuffer());

type Read = (offset: number, length: number) => unknown;

function source(read: Read, rest: object = {}): ByteSource {
  return { name: "theirs", size: file.length, read, dispose: async () => {}, ...rest } as ByteSource;
}

const honest: Read = async (offset, length) => file.slice(offset, offset + length);
const everything = [
  ["readGguf", readGguf],
  ["loadModel", (input: ByteSource) => loadModel(input, { backend: cpu() })],
  ["loadTokenizer", loadTokenizer],
] as const;

describe.each(everything)("%s from a source of the caller", (_, open) => {
  const lies: Readonly<Record<string, Read>> = {
    "too few bytes": async (offset, length) => file.slice(offset, offset + (length >> 1)),
    "no bytes": async () => new Uint8Array(0),
    "too many bytes": async (_offset, length) => new Uint8Array(length + 1),
    nothing: async () => undefined,
    null: async () => null,
    "an array of numbers": async (offset, length) => Array.from(file.slice(offset, offset + length)),
    "an ArrayBuffer": async (offset, length) => file.slice(offset, offset + length).buffer,
    "a string": async (_offset, length) => "G".repeat(length),
  };
  it.each(Object.entries(lies))("that gives %s is refused", async (_name, read) => {
    expect((await failure(open(source(read)), "source-unreadable")).source).toBe("theirs");
  });

  it.each(["sync", "async"])("that fails by itself (%s) is told with its cause", async (kind) => {
    const cause = new Error("disk on fire");
    const read: Read = () => {
      if (kind === "sync") throw cause;
      return Promise.reject(cause);
    };
    const error = await failure(open(source(read)), "source-unreadable");
    expect(error.cause).toBe(cause);
    expect(error.message).toContain("disk on fire");
  });

  it.each([
    ["size", Number.NaN],
    ["size", -1],
    ["size", 2 ** 60],
    ["size", BigInt(file.length)],
    ["size", `${file.length}`],
    ["name", undefined],
    ["name", 5],
    ["read", 5],
  ])("whose %s is %s is refused", async (field, value) => {
    const error = await failure(open(source(honest, { [field]: value })), "argument-invalid");
    expect(error.field).toBe(`source.${field}`);
  });

  it("that says it is longer than it is is refused", async () => {
    await failure(open(source(honest, { size: file.length * 2 })), "source-unreadable");
  });

  const pool = new Uint8Array(2 * file.length);
  const views: Readonly<Record<string, Read>> = {
    "a Buffer of Node's pool": async (offset, length) => Buffer.from(file.subarray(offset, offset + length)),
    "a view into something larger": async (offset, length) => {
      const larger = new Uint8Array(length + 7);
      larger.set(file.subarray(offset, offset + length), 7);
      return larger.subarray(7);
    },
    "the same pool each time": async (offset, length) => {
      pool.fill(0xff);
      pool.set(file.subarray(offset, offset + length));
      return pool.subarray(0, length);
    },
  };
  it.each(Object.entries(views))("that gives %s is read all the same", async (_name, read) => {
    const opened = await open(source(read));
    if ("dispose" in opened) await opened.dispose();
  });
});

it("copies what a source gives as a view of its pool, so that tokens stay what they were", async () => {
  const pool = new Uint8Array(2 * file.length);
  const read: Read = async (offset, length) => {
    pool.fill(0x41);
    pool.set(file.subarray(offset, offset + length));
    return pool.subarray(0, length);
  };
  const model = await loadModel(source(read), { backend: cpu() });
  expect(model.tokenizer.tokenText(model.tokenizer.vocabularySize - 1)).toBe("好");
  await model.dispose();
});

describe("file URLs that name no file of this machine", () => {
  it.each(["file://elsewhere/model.gguf", "file:///a%2Fb.gguf"])("%s", async (url) => {
    await failure(openSource(url), "source-not-supported");
    await failure(openSource(new URL(url)), "source-not-supported");
  });
});
