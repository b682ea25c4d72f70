import { chmod, mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { CountingSource, failure } from "../testing/gguf-bytes.ts";
import { openSource, urlOfString } from "./open-source.ts";

const content = Uint8Array.from({ length: 1000 }, (_, index) => index);
let folder: string;
let path: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "bayling-sources-"));
  path = join(folder, "a b.bin");
  await writeFile(path, content);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("every kind of source", () => {
  const kinds = {
    path: () => path,
    "file: URL": () => pathToFileURL(path),
    "file: string": () => pathToFileURL(path).href,
    Blob: () => new Blob([content]),
    File: () => new File([content], "chosen.gguf"),
    "blob: URL": () => URL.createObjectURL(new Blob([content])),
    "data: URL": () => `data:;base64,${Buffer.from(content).toString("base64")}`,
    ByteSource: () => new CountingSource(content),
  };
  test.each(Object.entries(kinds))("%s", async (kind, input) => {
    const source = await openSource(input());
    expect(source.size).toBe(1000);
    expect(await source.read(0, 1000)).toEqual(content);
    const bytes = await source.read(100, 50);
    expect(bytes).toEqual(content.slice(100, 150));
    expect(bytes.byteOffset).toBe(0);
    expect(await source.read(1000, 0)).toHaveLength(0);
    expect(source.name.length).toBeGreaterThan(3);
    await expect(source.read(0, 1, { signal: AbortSignal.abort("why") })).rejects.toBe("why");
    if (kind === "ByteSource") return;
    for (const [offset, length] of [
      [1000, 1],
      [0, 1001],
      [2 ** 50, 1],
    ] as const) {
      await failure(source.read(offset, length), "gguf-truncated");
    }
    for (const [offset, length] of [
      [-1, 1],
      [0, -1],
      [0.5, 1],
      [Number.NaN, 1],
    ] as const) {
      await failure(source.read(offset, length), "argument-invalid");
    }
    await source.dispose();
    await source.dispose();
    await failure(source.read(0, 1), "disposed");
  });
});

describe("what cannot be opened", () => {
  test("a file that is not there", async () => {
    const missing = join(folder, "missing.gguf");
    for (const input of [missing, pathToFileURL(missing), join(path, "below-a-file")]) {
      const error = await failure(openSource(input), "source-not-found");
      expect(error.cause).toBeInstanceOf(Error);
      expect(error.message).not.toContain("ENOENT: ");
    }
  });

  test("a folder", async () => {
    const error = await failure(openSource(folder), "source-unreadable");
    expect(error.received).toBe("a directory");
  });

  test.skipIf(process.getuid?.() === 0)("a file without permission", async () => {
    const secret = join(folder, "secret");
    await writeFile(secret, "x");
    await chmod(secret, 0);
    expect((await failure(openSource(secret), "source-unreadable")).received).toBe("EACCES");
  });

  test("other URLs, other values, a blob: URL that was revoked", async () => {
    await failure(openSource("ftp://example.org/a.gguf"), "source-not-supported");
    await failure(openSource("http://["), "source-not-supported");
    for (const input of [undefined, null, 5, {}]) await failure(openSource(input as never), "source-not-supported");
    const url = URL.createObjectURL(new Blob([content]));
    URL.revokeObjectURL(url);
    await failure(openSource(url), "source-not-found");
  });

  test("nothing, when cancelled before", async () => {
    await expect(openSource(path, { signal: AbortSignal.abort("why") })).rejects.toBe("why");
  });
});

test("a file that becomes shorter while open is noticed", async () => {
  const shrinking = join(folder, "shrinking");
  await writeFile(shrinking, content);
  const source = await openSource(shrinking);
  await truncate(shrinking, 500);
  expect(await source.read(0, 500)).toEqual(content.slice(0, 500));
  const error = await failure(source.read(400, 200), "source-changed");
  expect([error.expected, error.received]).toEqual(["1000 bytes", "500"]);
  await source.dispose();
});

test("strings are told apart: URLs, Windows drives, odd file names", () => {
  expect(urlOfString("https://a.b/c")?.href).toBe("https://a.b/c");
  expect(urlOfString("HTTP://a.b/c")?.href).toBe("http://a.b/c");
  for (const name of ["C:\\models\\a.gguf", "c:/models/a.gguf", "a.gguf", "./http/a", "name: with colon", "/a:b"]) {
    expect(urlOfString(name)).toBeUndefined();
  }
});

test("in a browser a string is a URL relative to the page", () => {
  vi.stubGlobal("process", undefined);
  vi.stubGlobal("location", { href: "https://example.org/app/index.html" });
  try {
    expect(urlOfString("models/a.gguf")?.href).toBe("https://example.org/app/models/a.gguf");
  } finally {
    vi.unstubAllGlobals();
  }
});
