import { mkdtemp, open, readdir, readFile, rm, stat, truncate, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TinyLlamaOptions, tinyLlama } from "@bayling/backend-conformance/tiny-llama";
import { BayLingError, type LoadedModel, type WeightSource } from "@bayling/core/backend";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { lowerModel } from "./lower-model.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "bayling-cache-"));
});
afterEach(() => rm(folder, { recursive: true }));

interface Options {
  readonly onProgress?: (loadedBytes: number, totalBytes: number) => void;
  readonly signal?: AbortSignal;
  readonly cacheFolder?: string;
}

async function lower(model: LoadedModel, { onProgress = () => {}, signal, cacheFolder = folder }: Options = {}) {
  return (await lowerModel(model, { cacheFolder, contextLength: 64, onProgress, signal })).paths[0]!;
}

/** The model with something done before each read of a weight. */
function watched(model: LoadedModel, before: (read: number) => void): LoadedModel {
  let reads = 0;
  const weights: WeightSource = {
    get: (name) => model.weights.get(name),
    read: async (...read) => {
      before(reads++);
      return model.weights.read(...read);
    },
  };
  return { ...model, weights };
}

/** The model with another bit somewhere in a weight. */
function spoilt(model: LoadedModel, weight: string, at: number): LoadedModel {
  const weights: WeightSource = {
    get: (name) => model.weights.get(name),
    read: async (name, offset, length, options) => {
      const bytes = await model.weights.read(name, offset, length, options);
      if (name === weight && at >= offset && at < offset + length) bytes[at - offset]! ^= 1;
      return bytes;
    },
  };
  return { ...model, weights };
}

function tiny(config: TinyLlamaOptions["config"] = {}): LoadedModel {
  return tinyLlama({ config });
}

async function refusal(lowering: Promise<unknown>, code: string): Promise<BayLingError> {
  const error = await lowering.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!BayLingError.isInstance(error)) throw new Error(`expected an error ${code}, got ${String(error)}`);
  expect(error.code).toBe(code);
  return error;
}

describe("a model that comes again", () => {
  it("is written once, whatever it is called", async () => {
    const path = await lower(tiny());
    const { ino, mtimeMs } = await stat(path);
    expect(await lower({ ...tiny(), name: "another name" })).toBe(path);
    expect(await stat(path)).toMatchObject({ ino, mtimeMs });
    expect(await readdir(folder)).toHaveLength(1);
  });

  it.each([
    ["model.embed_tokens.weight", 0],
    ["model.layers.1.mlp.down_proj.weight", 777],
    ["lm_head.weight", 257 * 48 * 4 - 1],
  ])("is another one when a bit of %s differs", async (weight, at) => {
    const path = await lower(tiny());
    const before = await readFile(path);
    const other = await lower(spoilt(tiny(), weight, at));
    expect(other).not.toBe(path);
    expect(before.equals(await readFile(path))).toBe(true);
    const after = await readFile(other);
    expect(after.length).toBe(before.length);
    expect([...after.keys()].filter((index) => after[index] !== before[index])).toHaveLength(1);
    // Both are found again, each by its own bytes.
    expect([await lower(tiny()), await lower(spoilt(tiny(), weight, at))]).toEqual([path, other]);
    expect(await readdir(folder)).toHaveLength(2);
  });

  it("is another one when a hyper-parameter differs", async () => {
    expect(await lower(tiny({ rmsNormEpsilon: 1e-6 }))).not.toBe(await lower(tiny()));
  });

  it.each([
    ["cut short", (path: string) => truncate(path, 100_000)],
    ["cut to nothing", (path: string) => truncate(path, 0)],
    ["longer", async (path: string) => writeFile(path, new Uint8Array(100), { flag: "a" })],
    [
      "changed within",
      async (path: string) => {
        await using file = await open(path, "r+");
        await file.write(Uint8Array.of(1, 2, 3), 0, 3, 123_456);
      },
    ],
  ])("is written again where its file was %s", async (_, spoil) => {
    const path = await lower(tiny());
    const before = await readFile(path);
    await spoil(path);
    expect(await lower(tiny())).toBe(path);
    expect(before.equals(await readFile(path))).toBe(true);
    expect(await readdir(folder)).toHaveLength(1);
  });

  it("is read no more where its source knows its content", async () => {
    const model = { ...tiny(), contentKey: "https://example.org/model.gguf abc" };
    const path = await lower(model);
    let last: readonly number[] = [];
    const unread = watched(model, () => {
      throw new Error("read again");
    });
    expect(await lower(unread, { onProgress: (...progress) => (last = progress) })).toBe(path);
    expect(last[0]).toBe(last[1]);
    expect(last[0]).toBeGreaterThan(100_000);
    await expect(lower({ ...unread, contentKey: "another" })).rejects.toThrow("read again");
    await truncate(path, 1000);
    await expect(lower(unread)).rejects.toThrow("read again");
    expect(await lower(model)).toBe(path);
    expect(await lower(unread)).toBe(path);
  });

  it("may be written by several at once", async () => {
    const paths = await Promise.all([lower(tiny()), lower(tiny()), lower(tiny()), lower(tiny({ headSize: 6 }))]);
    expect(new Set(paths).size).toBe(2);
    expect((await readdir(folder)).toSorted()).toEqual(
      [...new Set(paths)].map((path) => path.slice(folder.length + 1)).toSorted(),
    );
  });
});

describe("progress", () => {
  it("rises to the total, written or found", async () => {
    const totals: number[] = [];
    for (const _ of ["written", "found"]) {
      const seen: (readonly [number, number])[] = [];
      await lower(tiny(), { onProgress: (...progress) => seen.push(progress) });
      const total = seen[0]![1];
      expect(seen.every(([, each]) => each === total)).toBe(true);
      expect(seen.map(([loaded]) => loaded)).toEqual(
        seen.map(([loaded]) => loaded).toSorted((one, other) => one - other),
      );
      expect(seen.filter(([loaded]) => loaded === total)).toHaveLength(1);
      totals.push(total);
    }
    expect(totals[1]).toBe(totals[0]);
  });
});

describe("nothing is left behind", () => {
  it("by an abort, at any read", async () => {
    let reads = 0;
    await lower(
      watched(tiny(), () => reads++),
      { cacheFolder: join(folder, "whole") },
    );
    expect(reads).toBeGreaterThan(15);
    for (const found of [false, true]) {
      if (found) await lower(tiny());
      const names = await readdir(folder);
      for (let last = 0; last < reads; last++) {
        const controller = new AbortController();
        const model = watched(found ? spoilt(tiny(), "model.norm.weight", 3) : tiny(), (read) => {
          if (read === last) controller.abort(`at ${last}`);
        });
        await expect(lower(model, { signal: controller.signal })).rejects.toBe(`at ${last}`);
        expect(await readdir(folder)).toEqual(names);
      }
    }
  });

  it("by an abort that a source calls a failure", async () => {
    const controller = new AbortController();
    const model = watched(tiny(), () => {
      controller.abort("no longer wanted");
      throw new Error("the connection broke");
    });
    await expect(lower(model, { signal: controller.signal })).rejects.toBe("no longer wanted");
    expect(await readdir(folder)).toEqual([]);
  });

  it("by a weight that cannot be read, and its error comes as it is", async () => {
    const failure = new TypeError("the disk is gone");
    const model = watched(tiny(), (read) => {
      if (read === 9) throw failure;
    });
    await expect(lower(model)).rejects.toBe(failure);
    expect(await readdir(folder)).toEqual([]);
  });

  it("by processes that ended, once a day has passed", async () => {
    const [old, fresh] = ["0-old.partial", "0-new.partial"].map((name) => join(folder, name)) as [string, string];
    for (const path of [old, fresh]) await writeFile(path, "unfinished");
    const yesterday = Date.now() / 1000 - 25 * 60 * 60;
    await utimes(old, yesterday, yesterday);
    await lower(tiny());
    const names = await readdir(folder);
    expect(names).toContain("0-new.partial");
    expect(names).not.toContain("0-old.partial");
  });
});

describe("a folder that cannot hold the model", () => {
  it("has no room: said before anything is read", async () => {
    const table = { name: "model.embed_tokens.weight", shape: [2 ** 30, 2 ** 12] } as const;
    const model = tiny();
    const [embed, ...nodes] = model.graph.nodes;
    const weights: WeightSource = {
      get: (name) =>
        name === table.name ? { type: "F32", shape: table.shape, byteLength: 2 ** 44 } : model.weights.get(name),
      read: () => Promise.reject(new Error("read")),
    };
    const graph = { ...model.graph, nodes: [{ ...embed!, table } as typeof embed & object, ...nodes] };
    const error = await refusal(lower({ ...model, graph, weights }), "sink-unwritable");
    expect(error.source).toBe(folder);
    expect(Number.parseInt(error.expected!, 10)).toBeGreaterThan(2 ** 44);
    expect(error.received).toMatch(/^\d+ free$/);
    expect(error.remedy).toContain("cacheFolder");
    expect(await readdir(folder)).toEqual([]);
  });

  it("is a file", async () => {
    const path = join(folder, "file");
    await writeFile(path, "");
    const error = await refusal(lower(tiny(), { cacheFolder: path }), "sink-unwritable");
    expect(error.message).toContain(path);
    expect(error.cause).toBeDefined();
  });

  it("is made where it is missing", async () => {
    const path = join(folder, "a", "b");
    expect(await lower(tiny(), { cacheFolder: path })).toContain(path);
  });
});
