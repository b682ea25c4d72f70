import { stripVTControlCharacters } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";
import { runMain } from "../testing/run-main.ts";
import { sharedFixture } from "../testing/shared-fixture.ts";
import { temporaryFolder, writeTinyFile } from "../testing/tiny-file.ts";

const folder = temporaryFolder();
let model: string;
beforeAll(async () => {
  model = await writeTinyFile(folder, "tiny.gguf");
});

const complete = (...argv: string[]) => ["complete", model, ...argv];

test("piped output is the continuation alone, with a line break at its end", async () => {
  const piped = await runMain(complete("Once upon a time", "--max-tokens", "12"));
  const json = await runMain(complete("Once upon a time", "--max-tokens", "12", "--json"));
  expect(piped).toMatchObject({ code: 0, stderr: "" });
  expect(piped.stdout).toBe(`${JSON.parse(json.stdout).text}\n`);
});

test("the prompt comes from words, or from stdin without the line break that echo adds", async () => {
  const asWords = await runMain(complete("Once", "upon", "--max-tokens", "8", "--json"));
  const asStdin = await runMain(complete("--max-tokens", "8", "--json"), { stdin: "Once upon\n" });
  const tokens = (text: string) => JSON.parse(text).tokens;
  expect(JSON.parse(asStdin.stdout).prompt).toBe("Once upon");
  expect(tokens(asWords.stdout)).toEqual(tokens(asStdin.stdout));
});

test("without a prompt on a terminal, usage is wrong", async () => {
  const { code, stderr } = await runMain(complete(), { terminals: ["stdin"] });
  expect(code).toBe(2);
  expect(stderr).toContain("missing prompt");
});

test("--json gives one document", async () => {
  const { stdout } = await runMain(complete("the day", "--max-tokens", "5", "--logprobs", "2", "--json"));
  const document = JSON.parse(stdout);
  expect(document).toMatchObject({ prompt: "the day", finishReason: "length", usage: { generatedTokens: 5 } });
  expect(document.tokens).toHaveLength(5);
  expect(document.tokens.map((token: { text: string }) => token.text).join("")).toBe(document.text);
  for (const { logprob, alternatives } of document.tokens) {
    expect(logprob).toBe(alternatives[0].logprob);
    expect(alternatives).toHaveLength(2);
  }
});

test("--json-lines gives the same, token by token", async () => {
  const options = ["the day", "--max-tokens", "5"];
  const document = JSON.parse((await runMain(complete(...options, "--json"))).stdout);
  const lines = (await runMain(complete(...options, "--json-lines"))).stdout.trimEnd().split("\n");
  const objects = lines.map((line) => JSON.parse(line));
  expect(objects.slice(0, -1)).toEqual(document.tokens);
  expect(objects.at(-1)).toMatchObject({ finishReason: "length", usage: document.usage });
});

test("--logprobs prints a line a token, with what else could have come", async () => {
  const { stdout } = await runMain(complete("the day", "--max-tokens", "4", "--logprobs", "3"), { columns: 100 });
  const [title, ...rows] = stdout.trimEnd().split("\n");
  expect(title).toMatch(/id +token +share +instead of/);
  expect(rows).toHaveLength(4);
  for (const row of rows) expect(row).toMatch(/^ +\d+ {2}\S+ +[\d.]+ %( {2}\S+ [\d.]+ %){2}$/);
});

test("the same seed draws the same text, another one another", async () => {
  const drawn = async (seed: string) =>
    (await runMain(complete("the", "--temperature", "1.5", "--seed", seed, "--max-tokens", "20"))).stdout;
  expect(await drawn("5")).toBe(await drawn("5"));
  expect(await drawn("5")).not.toBe(await drawn("6"));
});

test("a random seed is told, so that the text can be had again", async () => {
  const options = ["the", "--temperature", "1.5", "--max-tokens", "20", "--json"];
  const first = JSON.parse((await runMain(complete(...options))).stdout);
  const again = JSON.parse((await runMain(complete(...options, "--seed", String(first.seed)))).stdout);
  expect(again.text).toBe(first.text);
});

test("--stop ends the text before it, and may be given twice", async () => {
  const options = ["the day", "--max-tokens", "30", "--json"];
  const { text } = JSON.parse((await runMain(complete(...options))).stdout);
  const stop = text.slice(6, 9);
  const stopped = JSON.parse((await runMain(complete(...options, "--stop", "never there", "--stop", stop))).stdout);
  expect(stopped.text).toBe(text.slice(0, text.indexOf(stop)));
  expect(stopped.finishReason).toBe("stop");
});

test("--beams finds a text at least as probable as the greedy one, and lists its hypotheses", async () => {
  const options = ["the day", "--max-tokens", "6", "--json"];
  const { hypotheses, finishReason } = JSON.parse((await runMain(complete(...options, "--beams", "3"))).stdout);
  expect(finishReason).toBe("length");
  expect(hypotheses).toHaveLength(3);
  const greedy = JSON.parse((await runMain(complete(...options, "--logprobs", "0"))).stdout).tokens;
  const sum = greedy.reduce((total: number, { logprob }: { logprob: number }) => total + logprob, 0);
  expect(hypotheses[0].logprob).toBeGreaterThanOrEqual(sum - 1e-4);
  const mixed = await runMain(complete("x", "--beams", "2", "--temperature", "1"));
  expect(mixed.code).toBe(2);
});

test("a full context ends the text, and is no failure", async () => {
  const { code, stdout } = await runMain(complete("the", "--context", "16", "--json"));
  expect(code).toBe(0);
  expect(JSON.parse(stdout).finishReason).toBe("context");
});

test("a prompt that does not fit is a failure; options that core refuses are wrong usage, by their flags", async () => {
  const long = await runMain(complete("the day ".repeat(50), "--context", "16"));
  expect(long.code).toBe(1);
  expect(long.stderr).toContain("[context-full]");
  const context = await runMain(complete("x", "--context", "9999"));
  expect(context.code).toBe(2);
  expect(context.stderr).toMatch(/^error: --context: .*from 1 to 256, got 9999/);
  const topP = await runMain(complete("x", "--top-p", "2"));
  expect(topP.code).toBe(2);
  expect(topP.stderr).toContain("error: --top-p: ");
});

describe("on a terminal", () => {
  const terminals = ["stdin", "stdout", "stderr"] as const;

  test("the prompt stands before the text, dimmed, and how it went after it", async () => {
    const plain = await runMain(complete("the day", "--max-tokens", "8"));
    const shown = await runMain(complete("the day", "--max-tokens", "8"), { terminals });
    expect(shown.stdout.startsWith("\u001b[2mthe day\u001b[22m")).toBe(true);
    expect(stripVTControlCharacters(shown.stdout).startsWith("the day")).toBe(true);
    expect(stripVTControlCharacters(shown.stderr)).toMatch(/8 tokens in .* tokens\/s · --max-tokens reached/);
    expect(plain.stderr).toBe("");
  });

  test("text comes as it is written", async () => {
    const lengths: number[] = [];
    await runMain(complete("the day", "--max-tokens", "20"), {
      terminals,
      onStdout: (text) => lengths.push(text.length),
    });
    expect(lengths.length).toBeGreaterThan(10);
  });

  test("NO_COLOR is respected", async () => {
    const { stdout, stderr } = await runMain(complete("the day", "--max-tokens", "8"), {
      terminals,
      columns: 1000,
      env: { NO_COLOR: "1" },
    });
    expect(stdout + stderr).not.toMatch(/\[\d+m/);
  });
});

test("Ctrl+C ends the text with 130, and what was written stays", async () => {
  let interrupted = false;
  const { code, stdout, stderr, killed } = await runMain(complete("the day", "--max-tokens", "200"), {
    onStdout: (_, control) => {
      if (!interrupted) control.interrupt();
      interrupted = true;
    },
  });
  expect({ code, stderr, killed }).toEqual({ code: 130, stderr: "interrupted\n", killed: undefined });
  expect(stdout.length).toBeGreaterThan(1);
  expect(stdout.endsWith("\n")).toBe(true);
});

test("when nobody reads any more, it ends quietly", async () => {
  const { code, stderr } = await runMain(complete("the day", "--max-tokens", "200"), {
    onStdout: (_, control) => control.closeStdout(),
  });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
});

const stories = sharedFixture("fixtures/stories260K.gguf");
test.skipIf(stories === undefined)("stories260K tells of Lily", async () => {
  const { stdout } = await runMain(["complete", stories!, "Once upon a time", "--max-tokens", "60"]);
  expect(stdout).toMatch(
    /^, there was a little girl named Lily\. She loved to play outside in the park\. One day, she saw a big, red ball\./,
  );
});

const folderOfSafetensors = sharedFixture("fixtures/families/llama-plain-hf");

test.skipIf(folderOfSafetensors === undefined)("a folder of safetensors writes what its GGUF file writes", async () => {
  const gguf = sharedFixture("fixtures/families/llama-plain.gguf")!;
  const write = async (source: string, ...more: string[]) => {
    const argv = [
      "complete",
      source,
      "Once upon a time",
      "--temperature",
      "0",
      "--max-tokens",
      "16",
      "--json",
      ...more,
    ];
    const { code, stdout, stderr } = await runMain(argv);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    return JSON.parse(stdout).text;
  };
  const text = await write(gguf);
  expect(await write(folderOfSafetensors!)).toBe(text);
  expect(await write(`${folderOfSafetensors}/`, "--beams", "3")).toBe(await write(gguf, "--beams", "3"));
});
