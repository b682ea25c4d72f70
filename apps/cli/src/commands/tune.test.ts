import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { expect, test } from "vitest";
import { runMain } from "../testing/run-main.ts";
import { writeSmallBitext } from "../testing/small-bitext.ts";
import { temporaryFolder } from "../testing/tiny-file.ts";

const folder = temporaryFolder();
const bitext = writeSmallBitext(folder);
let count = 0;
const newWork = () => path.join(folder, `work-${count++}`);
const reading = [bitext, "--from", "en", "--to", "de", "--license", "CC0-1.0", "--without", "near-duplicates"];

/** Everything that a stage wrote, by name. */
function contents(work: string, stage: string): Record<string, string> {
  const names = readdirSync(path.join(work, stage)).filter((name) => !name.includes(".lock.") && name !== "replies");
  return Object.fromEntries(names.map((name) => [name, readFileSync(path.join(work, stage, name), "base64")]));
}

function rows(work: string, file: string): Record<string, unknown>[] {
  const text = readFileSync(path.join(work, "export", file), "utf8");
  return text.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as Record<string, unknown>]));
}

test("from sentence pairs to files for a trainer, and a card", async () => {
  const work = newWork();
  const argv = ["tune", "run", ...reading, "--work", work, "--files", "jsonl,parquet", "--name", "<b>Small</b>"];
  const { code, stdout, stderr } = await runMain([...argv, "--test", "0.2", "--validation", "0.1"]);
  expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
  expect(stderr).toContain("75 pairs prepared");
  expect(stderr).toMatch(/\d+ dialogues of 75 pairs/);
  expect(stderr).toContain(path.join(work, "card", "report.html"));

  const sources = (split: string) => new Set(rows(work, `dialogues.${split}.jsonl`).map(({ source }) => source));
  const [train, validation, held] = [sources("train"), sources("validation"), sources("test")];
  expect(Math.min(train.size, validation.size, held.size)).toBeGreaterThan(0);
  // No source of one split is a source or a translation of training.
  const taught = rows(work, "openai.train.jsonl").flatMap(({ messages }) => messages as { content: string }[]);
  for (const source of [...validation, ...held]) {
    expect(train).not.toContain(source);
    expect(taught.map(({ content }) => content)).not.toContain(source);
  }
  const info = JSON.parse(readFileSync(path.join(work, "export/dataset_info.json"), "utf8"));
  expect(info.bayling_sharegpt_train).toEqual({
    ...{ file_name: "sharegpt.train.jsonl", formatting: "sharegpt" },
    columns: { messages: "conversations" },
  });
  const card = readFileSync(path.join(work, "card/report.html"), "utf8");
  expect(card).toContain("&lt;b&gt;Small&lt;/b&gt;");
  expect(card).toContain("CC0-1.0");
  expect(card).not.toMatch(/<script|<b>Small|https?:/);
  expect(readFileSync(path.join(work, "card/README.md"), "utf8")).toContain("| small | CC0-1.0 |");
  expect(JSON.parse(readFileSync(path.join(work, "card/card.json"), "utf8")).turns).toBeGreaterThan(75);
});

test("shards, whatever their order and number, join to what one run writes", async () => {
  const [one, many] = [newWork(), newWork()];
  for (const work of [one, many]) await runMain(["tune", "prepare", ...reading, "--work", work]);
  await runMain(["tune", "generate", "--work", one, "--seed", "3"]);
  for (const shard of ["3/4", "1/4", "4/4"]) {
    expect(await runMain(["tune", "generate", "--work", many, "--seed", "3", "--shard", shard])).toMatchObject({
      code: 0,
    });
  }
  const early = await runMain(["tune", "export", "--work", many]);
  expect(early).toMatchObject({ code: 1 });
  expect(early.stderr).toContain("all but 2/4");
  await runMain(["tune", "generate", "--work", many, "--seed", "3", "--shard", "2/4"]);
  for (const work of [one, many]) {
    expect(await runMain(["tune", "export", "--work", work, "--files", "jsonl,parquet"])).toMatchObject({ code: 0 });
    await runMain(["tune", "card", "--work", work, "--name", "same"]);
  }
  expect(contents(many, "export")).toEqual(contents(one, "export"));
  expect(contents(many, "card")).toEqual(contents(one, "card"));
});

test("a changed option is noticed, and begun anew only when that is asked for", async () => {
  const work = newWork();
  await runMain(["tune", "prepare", ...reading, "--work", work]);
  await runMain(["tune", "generate", "--work", work]);
  const before = contents(work, "generate");
  const other = await runMain(["tune", "generate", "--work", work, "--seed", "5"]);
  expect(other).toMatchObject({ code: 1 });
  expect(other.stderr).toContain("expected seed 0, got seed 5");
  expect(contents(work, "generate")).toEqual(before);
  const again = await runMain(["tune", "generate", "--work", work]);
  expect(again.stderr).toContain("75 pairs were done before");
  expect(await runMain(["tune", "generate", "--work", work, "--seed", "5", "--overwrite"])).toMatchObject({ code: 0 });
  expect(contents(work, "generate")).not.toEqual(before);

  writeSmallBitext(folder, "small.tsv", 74);
  const changed = await runMain(["tune", "prepare", ...reading, "--work", work]);
  writeSmallBitext(folder);
  expect(changed).toMatchObject({ code: 1 });
  expect(changed.stderr).toContain("sha256");
});

test("two runs of one shard do not write one journal", async () => {
  const work = newWork();
  await runMain(["tune", "prepare", ...reading, "--work", work]);
  const outcomes = await Promise.all([1, 2].map(() => runMain(["tune", "generate", "--work", work])));
  expect(outcomes.map(({ code }) => code).sort()).toEqual([0, 1]);
  expect(outcomes.map(({ stderr }) => stderr).join("")).toContain("[work-busy]");
  expect(readdirSync(path.join(work, "generate")).filter((name) => name.includes(".lock."))).toEqual([]);
});

test("a teacher behind an endpoint: an estimate, a budget that stops and goes on, rows, and replies that are kept", async () => {
  let asked = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      asked++;
      const { messages } = JSON.parse(Buffer.concat(chunks).toString("utf8"));
      const data = JSON.parse(messages[1].content);
      const text = "Das ist eine einfache Übersetzung.\nSie bleibt nah am Original.\nMehr ist nicht zu sagen.";
      const content = JSON.stringify({ reply: data.reply_is === "text" ? text : `${data.translation} Ja.` });
      response.writeHead(200, { "content-type": "application/json" });
      response.end(
        JSON.stringify({ choices: [{ message: { content } }], usage: { prompt_tokens: 300, completion_tokens: 20 } }),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    const work = newWork();
    await runMain(["tune", "prepare", ...reading, "--work", work]);
    await runMain(["tune", "generate", "--work", work]);
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
    const argv = ["tune", "teach", "--work", work, "--endpoint", url, "--model", "tutor", "--share", "0.3"];
    const estimate = await runMain([...argv, "--dry-run", "--price", "1,2", "--json"]);
    expect(JSON.parse(estimate.stdout)).toMatchObject({ pairs: expect.any(Number), cost: expect.any(Number) });
    expect(asked).toBe(0);
    expect(existsSync(path.join(work, "teach"))).toBe(false);

    const poor = await runMain([...argv, "--max-tokens", "3000"]);
    expect(poor).toMatchObject({ code: 1 });
    expect(poor.stderr).toContain("[budget-spent]");
    const done = await runMain([...argv, "--json"]);
    expect(done).toMatchObject({ code: 0 });
    const { dialogues, spent } = JSON.parse(done.stdout);
    expect(dialogues).toBeGreaterThan(0);
    // Each question was paid for once, over both runs.
    expect(spent.promptTokens).toBe(asked * 300);

    expect(await runMain(["tune", "export", "--work", work, "--formats", "dialogues"])).toMatchObject({ code: 0 });
    const taught = rows(work, "dialogues.train.jsonl").filter(
      ({ provenance }) => (provenance as { engine: string }).engine === "teacher",
    );
    expect(taught.length).toBeGreaterThan(0);
    const before = asked;
    const first = contents(work, "teach")["1-of-1.jsonl"];
    expect(await runMain([...argv, "--overwrite"])).toMatchObject({ code: 0 });
    expect(asked).toBe(before);
    expect(contents(work, "teach")["1-of-1.jsonl"]).toBe(first);
  } finally {
    server.close();
    server.closeAllConnections();
  }
});

test("a dead endpoint is a clear stop", async () => {
  const work = newWork();
  await runMain(["tune", "prepare", ...reading, "--work", work]);
  const argv = [
    "tune",
    "teach",
    "--work",
    work,
    "--endpoint",
    "http://127.0.0.1:9/v1",
    "--model",
    "x",
    "--retries",
    "1",
  ];
  const { code, stderr } = await runMain([...argv, "--share", "1"]);
  expect(code).toBe(1);
  expect(stderr).toContain("[endpoint-failed]");
});

test.each([
  [["tune", "run", "x.tsv", "--work", "w"], "say in which languages x.tsv is"],
  [["tune", "run", "x.xyz", "--from", "en", "--to", "de", "--work", "w"], "say how x.xyz is written"],
  [["tune", "prepare", "x.tsv", "--from", "en", "--to", "de"], "--work"],
  [["tune", "prepare", "x.tsv", "--from", "en", "--to", "de", "--work", "w", "--without", "all"], "there is no filter"],
  [["tune", "generate", "--work", "w", "--shard", "5/4"], "there is no such part"],
  [["tune", "export", "--work", "w", "--formats", "xml"], "Expected some of dialogues, sharegpt"],
  [["tune", "export", "--work", "w", "--test", "1.5"], "cannot be held out"],
  [["tune", "teach", "--work", "w"], "say who teaches"],
  [["tune", "teach", "--work", "w", "--model", "m", "--endpoint", "host"], "--endpoint takes a URL"],
])("wrong usage: %j", async (argv, message) => {
  const { code, stdout, stderr } = await runMain(argv.map((word) => (word === "w" ? newWork() : word)));
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toContain(message);
});

test("stages say what they miss", async () => {
  const generate = await runMain(["tune", "generate", "--work", newWork()]);
  expect(generate).toMatchObject({ code: 1, stdout: "" });
  expect(generate.stderr).toContain('Run the stage "prepare" first');
  const none = await runMain([
    "tune",
    "prepare",
    path.join(folder, "none.tsv"),
    "--from",
    "en",
    "--to",
    "de",
    "--work",
    newWork(),
  ]);
  expect(none.stderr).toContain("[source-not-found]");
});

test("a typing mistake costs nothing that was written", async () => {
  const work = newWork();
  await runMain(["tune", "prepare", ...reading, "--work", work]);
  await runMain(["tune", "generate", "--work", work]);
  const exporting = ["tune", "export", "--work", work, "--formats"];
  await runMain([...exporting, "openai"]);
  const before = contents(work, "export");
  expect(await runMain([...exporting, "openai,xml", "--overwrite"])).toMatchObject({ code: 2 });
  expect((await runMain([...exporting, "openai", "--overwrite", "--test", "7"])).code).not.toBe(0);
  const missing = path.join(work, "missing.tsv");
  const preparing = ["tune", "prepare", missing, "--from", "en", "--to", "de", "--work", work, "--overwrite"];
  expect(await runMain(preparing)).toMatchObject({ code: 1, stderr: expect.stringContaining("missing.tsv") });
  expect(contents(work, "export")).toEqual(before);
});

test("what did not become a pair is said, with its lines", async () => {
  const broken = path.join(folder, "broken.tsv");
  const good = readFileSync(bitext, "utf8").split("\n").slice(0, 30);
  const lines = [
    ...good.slice(0, 4),
    "M\xfcller\tM\xfcller",
    "one column",
    ...good.slice(4),
    "We saw 512 dogs.\tWir sahen 713 Hunde.",
  ];
  const bytes = lines.map((line, index) => Buffer.from(`${line}\n`, index === 4 ? "latin1" : "utf8"));
  writeFileSync(broken, Buffer.concat(bytes));
  const work = newWork();
  const argv = ["tune", "prepare", broken, "--from", "en", "--to", "de", "--work", work];
  const { code, stderr } = await runMain([...argv, "--without", "near-duplicates", "--without", "language"]);
  expect(code).toBe(0);
  expect(stderr).toContain(`not read of ${broken}: encoding 1 (line 5), ragged 1 (line 6)\n`);
  expect(stderr).toContain("left out of 31 pairs: numbers 1\n");
  expect(stderr).toContain(path.join(work, "prepare", "report.json"));

  for (const [wrong, message] of [
    [["--max-ratio", "-3"], "Expected a number, 1 or more."],
    [["--to", "en"], "another language than the source's, en"],
  ] as const) {
    const outcome = await runMain([...argv.slice(0, -1), newWork(), ...wrong]);
    expect([outcome.code, outcome.stderr]).toEqual([2, expect.stringContaining(message)]);
  }
});

test("Ctrl+C keeps what is done, and a card needs all of it", async () => {
  const work = newWork();
  await runMain(["tune", "prepare", ...reading, "--work", work]);
  const stopped = await runMain(["tune", "generate", "--work", work], {
    onStart: ({ interrupt }) => setTimeout(interrupt, 1),
  });
  expect([0, 130]).toContain(stopped.code);
  expect(await runMain(["tune", "generate", "--work", work])).toMatchObject({ code: 0 });
  const [whole] = [newWork()];
  await runMain(["tune", "prepare", ...reading, "--work", whole]);
  await runMain(["tune", "generate", "--work", whole]);
  expect(contents(work, "generate")).toEqual(contents(whole, "generate"));
});

test("a recipe holds the dialogues as tokens, the settings and the script", async () => {
  const work = newWork();
  await runMain(["tune", "prepare", ...reading, "--work", work]);
  await runMain(["tune", "generate", "--work", work]);
  const tokenizer = path.join(folder, "vocabulary");
  const set = ["--work", work, "--validation", "0.2", "--system", ""];
  const learned = await runMain(["tune", "vocabulary", ...set, "--out", tokenizer, "--size", "600"]);
  expect([learned.code, learned.stderr]).toEqual([0, ""]);
  expect(learned.stdout).toMatch(/^600 pieces in .*tokenizer\.model\n$/);
  const out = path.join(folder, "recipe");
  const argv = ["tune", "recipe", "--work", work, "--out", out, "--validation", "0.2"];
  const model = ["--shape", "1,32,2,1,64", "--tokenizer", tokenizer, "--system", "", "--context-length", "2048"];
  const { code, stdout, stderr } = await runMain([...argv, ...model]);
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toMatch(/^train +\d+ dialogues .*\nvalid +\d+ dialogues .*\ntrain with: python3 /);
  const config = JSON.parse(readFileSync(path.join(out, "config.json"), "utf8"));
  expect(config).toMatchObject({ template: "bayling", model: { vocab_size: 600, num_key_value_heads: 1 } });
  expect(readdirSync(out).sort()).toEqual(["README.md", "config.json", "data", "tokenizer", "train.py"]);

  const cases: [string[], RegExp][] = [
    [[...argv, ...model], /there is a folder of this name/],
    [["tune", "vocabulary", ...set, "--out", tokenizer, "--size", "300"], /the characters alone do not fit/],
    [["tune", "vocabulary", ...set, "--out", tokenizer, "--template", "none"], /one of .*bayling/],
    [argv, /--base\) or a model from scratch \(--shape\)/],
    [[...argv, "--shape", "1,2"], /6,256,8,4,768/],
    [["tune", "recipe", "--work", newWork(), "--out", path.join(folder, "none"), ...model], /generate/],
  ];
  for (const [wrong, message] of cases) {
    const outcome = await runMain(wrong);
    expect([outcome.code === 0, outcome.stderr]).toEqual([false, expect.stringMatching(message)]);
  }
});
