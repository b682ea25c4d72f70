import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { neuralScore } from "./python-measure.ts";

const segments = [{ source: "Hallo", hypothesis: "Hello", reference: "Hello" }];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "bayling-python-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A program in place of Python. */
async function program(name: string, script: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, `#!${process.execPath}\n${script}`);
  await chmod(path, 0o755);
  return path;
}

describe.skipIf(process.platform === "win32")("measures of another process", () => {
  it("are not run, and say why, where there is no Python", async () => {
    const outcome = await neuralScore("COMET", segments, { python: join(folder, "no-python") });
    expect(outcome).toEqual({ notRun: expect.stringMatching(/gave no score: .*ENOENT/) });
  });

  it("are not run, and say why, where the package is not there or Python fails", async () => {
    const broken = await program("broken", 'console.error("Traceback\\nOut of everything"); process.exit(1)');
    expect(await neuralScore("COMET", segments, { python: broken })).toEqual({
      notRun: expect.stringContaining("Out of everything"),
    });
    const without = await program("without", 'console.log(JSON.stringify({ error: "no such package" }))');
    expect(await neuralScore("MetricX", segments, { python: without })).toEqual({ notRun: "no such package" });
  });

  it("give their score and signature, whatever is printed before", async () => {
    const script = `
      let text = "";
      process.stdin.on("data", (chunk) => { text += chunk; }).on("end", () => {
        const { model, segments } = JSON.parse(text);
        console.log("Fetching 5 files");
        console.log(JSON.stringify({ score: segments.length, signature: "x:1|model:" + model }));
      });`;
    const python = await program("works", script);
    const many = Array.from({ length: 20_000 }, () => segments[0]!);
    expect(await neuralScore("CometKiwi", many, { python, model: "m" })).toEqual({
      score: 20_000,
      signature: "x:1|model:m",
    });
  });

  it("end when they are told to", async () => {
    const python = await program("hangs", "setInterval(() => {}, 1000)");
    const stop = new AbortController();
    const score = neuralScore("COMET", segments, { python, signal: stop.signal });
    setTimeout(() => stop.abort(new Error("enough")), 50);
    await expect(score).rejects.toThrow("enough");
  });
});
