import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { includeTerms, toJson, translate } from "@bayling/core/interaction";
import { beforeAll, describe, expect, test } from "vitest";
import { runMain } from "../testing/run-main.ts";
import { temporaryFolder, writeTinyFile } from "../testing/tiny-file.ts";

const folder = temporaryFolder();
const at = (name: string) => path.join(folder, name);
const write = (name: string, ...lines: readonly (string | object)[]): string => {
  writeFileSync(at(name), lines.map((line) => `${typeof line === "string" ? line : JSON.stringify(line)}\n`).join(""));
  return at(name);
};
const evaluate = (...argv: string[]) => runMain(["eval", ...argv]);
const local = ["--template", "bayling", "--profile", "bayling", "--max-tokens", "12", "--beams", "2"];

let model: string;
let reference: string;
beforeAll(async () => {
  model = await writeTinyFile(folder, "tiny.gguf", { contextLength: 4096 });
  reference = write("ref.txt", "the cat sat on the mat", "a dog ran away", "we saw it there");
});

describe("score", () => {
  test("prints systems in one table, and writes it to a page", async () => {
    const good = write("good.txt", "the cat sat on a mat", "a dog ran away", "we saw it there");
    const bad = write("bad.txt", "the mat", "away", "nobody");
    const page = at("page.html");
    const { code, stdout } = await evaluate(
      "score",
      good,
      `other=${bad}`,
      "--reference",
      reference,
      "--to",
      "en",
      "--html",
      page,
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(/BLEU\s+chrF\s+chrF\+\+\ngood\s+[\d.]+.*\nother\s+/);
    expect(readFileSync(page, "utf8")).toContain("<td>other</td>");
    const json = JSON.parse((await evaluate("score", good, "--reference", reference, "--to", "en", "--json")).stdout);
    expect(json.comparisons[0].rows[0]).toMatchObject({ system: "good", cells: [{}, {}, {}] });
  });

  test("refuses files that do not go together, measures that there are not, and files that are not there", async () => {
    const short = write("short.txt", "one line");
    const cases: [string[], number, RegExp][] = [
      [[short, "--reference", reference, "--to", "en"], 2, /short: .*expected 3 lines, got 1 lines/],
      [[reference, "--reference", reference, "--reference", short, "--to", "en"], 2, /3 and 1 lines/],
      [[short, "--reference", reference, "--to", "en", "--measures", "blue"], 2, /bleu, chrf/],
      [[at("nowhere.txt"), "--reference", reference, "--to", "en"], 1, /there is no such file/],
      [[short, "--reference", reference], 2, /--to/],
    ];
    for (const [argv, code, message] of cases) {
      const outcome = await evaluate("score", ...argv);
      expect([outcome.code, outcome.stderr]).toEqual([code, expect.stringMatching(message)]);
    }
  });
});

describe("systems under test", () => {
  test("translate a test set, stand beside files, and are not asked twice", async () => {
    const source = write("source.txt", "die Katze saß", "ein Hund lief", "wir sahen es");
    const argv = ["translate", source, "--reference", reference, "--from", "de", "--to", "en", "--out", at("runs")];
    const systems = ["--system", `guided=${model}`, "--system", `words=chat:${model}`];
    const first = await evaluate(...argv, ...systems, "--outputs", `gold=${reference}`, ...local);
    expect([first.code, first.stderr]).toEqual([0, ""]);
    expect(first.stdout).toMatch(/guided.*\nwords.*\ngold\s+100\.00/);
    const run = readFileSync(at("runs/guided.run.jsonl"), "utf8");
    expect(run.trimEnd().split("\n").length).toBe(4);
    // What a killed run has left, and its last line torn.
    writeFileSync(at("runs/guided.run.jsonl"), run.slice(0, -5));
    const again = await evaluate(...argv, ...systems, "--outputs", `gold=${reference}`, ...local);
    expect(again.stdout).toBe(first.stdout);
    expect(readFileSync(at("runs/guided.run.jsonl"), "utf8")).toBe(run);
    const other = await evaluate(...argv, "--system", `guided=${model}`, ...local, "--max-tokens", "5");
    expect([other.code, other.stderr]).toEqual([1, expect.stringMatching(/run with other settings/)]);
  });

  test("keep terms with guarantees", async () => {
    const sentences = ["one", "two"].map((src) => ({ src, tgt: "Katze", constraint: ["Katze"] }));
    const { code, stdout } = await evaluate(
      ...["terms", write("terms.jsonl", ...sentences), "--from", "en", "--to", "de"],
      ...["--system", model, ...local],
    );
    expect([code, stdout]).toEqual([0, expect.stringMatching(/tiny\s+2\s+100\.00\s+100\.00/)]);
    const none = await evaluate("terms", write("bad.jsonl", '{"src":1}'), "--from", "en", "--to", "de");
    expect([none.code, none.stderr]).toEqual([2, expect.stringMatching(/bad\.jsonl:1: expected a JSON object/)]);
    const empty = await evaluate("terms", write("plain.jsonl", ...sentences), "--from", "en", "--to", "de");
    expect([empty.code, empty.stderr]).toEqual([2, expect.stringMatching(/no --system is named/)]);
  });

  test("are steered through dialogues, with sheets for people", async () => {
    const turn = (act: object, instruction: string, reply: string) => ({
      act,
      instruction,
      reply,
      language: "en",
      checks: [],
    });
    const dialogue = (id: string) => ({
      ...{ id, task: "interactive-translation", from: "en", to: "de", source: "The cat sat there." },
      turns: [
        turn(toJson(translate()), "Translate: The cat sat there.", "Die Katze saß da."),
        turn(toJson(includeTerms(["dort"])), 'Use "dort".', "Die Katze saß dort."),
        turn(toJson(includeTerms(["Kater"])), 'Use "Kater".', "Der Kater saß dort."),
      ],
    });
    const file = write("dialogues.jsonl", dialogue("a"), dialogue("b"));
    const out = at("steered");
    const { code, stdout, stderr } = await evaluate(
      ...["interactive", file, "--system", `guided=${model}`, "--system", `words=chat:${model}`],
      ...["--out", out, "--sheets", "4", "--no-typing", ...local],
    );
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/guided\s+6\s+\d\s+/);
    expect(stdout).toMatch(/benchmark: interactive-1\|dialogues:2\|turns:6\|sha256:[0-9a-f]{16}/);
    expect(stdout).toMatch(/turns\s+guided\s+words\ninclude-terms\s+4\s/);
    const [sheet, verdicts] = [path.join(out, "guided.sheet.tsv"), path.join(out, "guided.verdicts.json")];
    const rows = readFileSync(sheet, "utf8").trimEnd().split("\n");
    writeFileSync(sheet, rows.map((row, index) => (index === 0 ? row : row.replace(/\t\t$/, "\ty\t"))).join("\n"));
    const agreement = await evaluate("verdicts", sheet, verdicts);
    // The last row lost its answer.
    const table = /precision %\s+recall %\nall\s+3\s+0\s+100\.00.*\ninclude-terms\s+3\s/;
    expect([agreement.code, agreement.stdout]).toEqual([0, expect.stringMatching(table)]);
    const replies = (id: string) => ({ id, replies: ["Die Katze saß da.", "Die Katze saß dort.", "Der Kater."] });
    const written = write("replies.jsonl", replies("a"), replies("b"));
    const files = await evaluate("interactive", file, "--bounds", "--outputs", `theirs=${written}`);
    expect([files.code, files.stderr]).toEqual([0, ""]);
    // The last reply has forgotten "dort", and what was to be left alone.
    expect(files.stdout).toMatch(/theirs\s+6\s+2\s+100\.00\s+60\.00\s+0\.00/);
    expect(files.stdout).toMatch(/references\s+6\s+2\s+100\.00\s+100\.00\s+100\.00/);
    expect(files.stdout).toMatch(/left as it was\s+6\s+\d\s+0\.00/);
    const missing = await evaluate("interactive", file, "--outputs", write("some.jsonl", replies("a")));
    expect([missing.code, missing.stderr]).toEqual([2, expect.stringMatching(/expected 3 replies, got 0 replies/)]);
    const none = await evaluate("interactive", file, "--outputs", write("none.jsonl", { id: "a", replies: [1] }));
    expect([none.code, none.stderr]).toEqual([2, expect.stringMatching(/none\.jsonl:1: expected an "id"/)]);
    const wrong = await evaluate("interactive", write("no.jsonl", "{}"), "--system", model);
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringMatching(/no\.jsonl:1: expected a dialogue/)]);
  });

  test("answer questions, in the fields of the published replies", async () => {
    const questions = write("questions.jsonl", { question_id: 7, category: "math", text: ["1 + 1?", "and 2?"] });
    const { code, stdout } = await evaluate(
      ...[
        "questions",
        questions,
        "--system",
        `a=chat:${model}`,
        "--system",
        `b=chat:${model}`,
        "--out",
        at("replies"),
        ...local,
      ],
    );
    expect([code, stdout.trimEnd().split("\n").length]).toEqual([0, 2]);
    expect(readdirSync(at("replies")).sort()).toEqual(["a.jsonl", "a.run.jsonl", "b.jsonl", "b.run.jsonl"]);
    const [row] = readFileSync(at("replies/a.jsonl"), "utf8").trimEnd().split("\n");
    expect(JSON.parse(row!)).toMatchObject({
      question_id: 7,
      category: "math",
      response: [expect.any(String), expect.any(String)],
    });
    // A random model is no judge: it says so rather than making up a winner.
    const judged = await evaluate(
      "judge",
      at("replies/a.jsonl"),
      at("replies/b.jsonl"),
      "--system",
      `j=chat:${model}`,
      ...local,
    );
    expect([judged.code, judged.stdout]).toEqual([0, expect.stringMatching(/no scores in the reviews of 7/)]);
  });

  test("sit exams", async () => {
    const exam = write("exam.jsonl", { context: "1 + 1? (A) 1 (B) 2", question_id: 1, label: "B" });
    const { code, stdout } = await evaluate("exam", `sums=${exam}`, "--system", `m=chat:${model}`, ...local);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/mean\s+sums\nm\s+/)]);
  });

  test("have to have places and names of their own", async () => {
    const cases: [string[], RegExp][] = [
      [["--system", "http://host/v1"], /write http:\/\/host\/v1#model/],
      [["--system", "chat:"], /names no model/],
      [["--system", model, "--system", model], /two systems are called tiny/],
      [[], /no system is named/],
    ];
    const exam = write("one.jsonl", { context: "a" });
    for (const [argv, message] of cases) {
      const { code, stderr } = await evaluate("exam", exam, ...argv);
      expect([code, stderr]).toEqual([2, expect.stringMatching(message)]);
    }
  });
});

test("people rank systems blindly", async () => {
  mkdirSync(at("ranking"));
  const texts = [write("ranking/a.txt", "good", "good"), write("ranking/b.txt", "bad", "bad")];
  const source = write("ranking/source.txt", "one", "two");
  const sheet = at("ranking/sheet.tsv");
  const made = await evaluate("sheet", ...texts, "--source", source, "--out", sheet, "--criterion", "quality");
  expect([made.code, made.stdout]).toEqual([0, expect.stringMatching(/2 items/)]);
  const filled = readFileSync(sheet, "utf8").replace(
    /^(\d)\t(\w+)\t(\w+)\t(\w+)\t$/gm,
    (row, ...cells: string[]) => `${row}${cells[2] === "good" ? "A>B" : "B>A"}`,
  );
  const ann = write("ranking/ann.tsv", filled.trimEnd());
  const { code, stdout } = await evaluate("ranks", `${sheet}.key.json`, ann);
  expect([code, stdout]).toEqual([
    0,
    expect.stringMatching(/quality, 2 rankings\n.*\na\s+100\.00\s+1\.00\nb\s+0\.00\s+2\.00/),
  ]);
  const empty = await evaluate("ranks", `${sheet}.key.json`, sheet);
  expect([empty.code, empty.stderr]).toEqual([2, expect.stringMatching(/nothing is ranked/)]);
});

test("counts published reviews", async () => {
  const review = (first: number, second: number) => ({
    category: "math",
    review: [`Both.\n\nScore of the Assistant 1: ${first}\nScore of the Assistant 2: ${second}`],
  });
  const file = write("reviews.jsonl", review(9, 8), review(5, 5), review(2, 7));
  const { stdout } = await evaluate("judge", file, "--reviews");
  expect(stdout).toMatch(/all\s+1\s+1\s+1\s+0\.800/);
  const { code, stderr } = await evaluate("judge", write("none.jsonl", { review: "?" }), "--reviews");
  expect([code, stderr]).toEqual([2, expect.stringMatching(/none\.jsonl:1: there are no scores/)]);
});
