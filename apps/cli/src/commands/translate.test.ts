import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { stripVTControlCharacters } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";
import { type Outcome, runMain } from "../testing/run-main.ts";
import { temporaryFolder, writeTinyFile } from "../testing/tiny-file.ts";

const folder = temporaryFolder();
const at = (name: string) => path.join(folder, name);
let model: string;
let taught: string;
beforeAll(async () => {
  model = await writeTinyFile(folder, "tiny.gguf", { contextLength: 1024 });
  taught = await writeTinyFile(folder, "taught.gguf", {
    contextLength: 1024,
    metadata: {
      "tokenizer.chat_template": {
        type: "string",
        value: "{{ bos_token }}{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}[assistant]",
      },
    },
  });
});

const languages = ["--from", "en", "--to", "de"];
const short = [...languages, "--max-tokens", "8"];
const objects = (stdout: string) =>
  stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));

describe("line by line", () => {
  test("as many lines come out, in the same order; empty ones and line breaks are kept", async () => {
    const stdin = "the day\n\n  the ball \r\nthe day";
    const { code, stdout, stderr } = await runMain(["translate", model, ...short], { stdin });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const lines = stdout.split("\n");
    expect(lines).toHaveLength(4);
    expect(lines[0]).not.toBe("");
    expect(lines[1]).toBe("");
    expect(lines[2]).toMatch(/^ {2}\S.* \r$/s);
    expect(lines[3]).toBe(lines[0]);
  });

  test("files follow each other; - is what is piped in", async () => {
    writeFileSync(at("a.txt"), "the day\nthe ball");
    const both = await runMain(["translate", model, at("a.txt"), "-", ...short], { stdin: "the ball\n" });
    expect(both.code).toBe(0);
    const [, ball, again] = both.stdout.split("\n");
    expect(ball).toBe(again);
    expect(await runMain(["translate", model, "-", "-", ...short])).toMatchObject({ code: 2, stdout: "" });
  });

  test("--json says all that is known, an object a line", async () => {
    const argv = ["translate", model, ...short, "--json", "--words", "--beams", "3"];
    const { code, stdout } = await runMain(argv, { stdin: "the day\n\n" });
    expect(code).toBe(0);
    const [first, empty] = objects(stdout);
    expect(first).toMatchObject({ line: 1, source: "the day", finishReason: "length", notes: [] });
    expect(first.verdicts).toContainEqual({ rule: "copy", outcome: "pass", reason: expect.any(String) });
    expect(first.hypotheses).toHaveLength(3);
    expect(first.hypotheses[0].text).toBe(first.translation);
    const scores = first.hypotheses.map(({ score }: { score: number }) => score);
    expect(scores).toEqual([...scores].sort((a, b) => b - a));
    for (const { text, start, end, confidence } of first.words) {
      expect(first.translation.slice(start, end)).toBe(text);
      expect(confidence).toBeGreaterThan(0);
      expect(confidence).toBeLessThanOrEqual(1);
    }
    expect(empty).toMatchObject({ line: 2, source: "", translation: "" });
  });

  test("what is asked for is in every translation, and what is forbidden is in none", async () => {
    writeFileSync(at("terms.tsv"), "# source\ttarget\nball\tKugel|Ball\n");
    const terms = ["--include", "Tag | Tage", "--forbid", "happy, red", "--glossary", at("terms.tsv")];
    const { code, stdout } = await runMain(
      ["translate", taught, ...languages, "--max-tokens", "24", ...terms, "--json"],
      {
        stdin: "the day\nthe ball\n",
      },
    );
    expect(code).toBe(0);
    const [day, ball] = objects(stdout);
    for (const { translation } of [day, ball]) {
      expect(translation).toMatch(/Tag/);
      expect(translation).not.toMatch(/happy|red/i);
    }
    expect(ball.translation).toMatch(/Kugel|Ball/);
    expect(ball.verdicts).toContainEqual({ rule: 'glossary "ball"', outcome: "pass", reason: expect.any(String) });
  });

  test("--document translates sentence by sentence and keeps the layout; --context sees the lines before", async () => {
    const stdin = "The day is big.  The ball is red.\nNo.\n";
    const split = await runMain(["translate", taught, ...short, "--document", "--json"], { stdin });
    const [first] = objects(split.stdout);
    expect(first.segments.map(({ source }: { source: string }) => source)).toEqual([
      "The day is big.",
      "The ball is red.",
    ]);
    const [a, b] = first.segments.map(({ translation }: { translation: string }) => translation.trim());
    expect(first.translation).toBe(`${a}  ${b}`);
    const alone = await runMain(["translate", taught, ...short], { stdin: "The ball is red.\nNo.\n" });
    const [ball, no] = alone.stdout.split("\n");
    const inContext = await runMain(["translate", taught, ...short, "--context"], { stdin: "The ball is red.\nNo.\n" });
    expect(inContext.stdout.split("\n")[0]).toBe(ball);
    // The prompt is another one, and so is what a random model makes of it.
    expect(inContext.stdout.split("\n")[1]).not.toBe(no);
    expect(b).not.toBe(ball);
  });

  test("drafts are drawn, each line with its seed, and come out the same again", async () => {
    const draft = (...more: string[]) =>
      runMain(["translate", taught, ...short, "--mode", "draft", ...more], { stdin: "the day\nthe day\n" });
    const first = await draft();
    const [one, two] = first.stdout.split("\n");
    expect(one).not.toBe(two);
    expect((await draft()).stdout).toBe(first.stdout);
    expect((await draft("--seed", "7")).stdout).not.toBe(first.stdout);
  });

  test("a bad line is left empty and reported at the end; the others are translated", async () => {
    const input = Buffer.concat([Buffer.from("the day\n"), Buffer.from([0xff, 0x0a]), Buffer.from("the ball\n")]);
    writeFileSync(at("bad.txt"), input);
    const { code, stdout, stderr } = await runMain(["translate", model, at("bad.txt"), ...short]);
    expect(code).toBe(1);
    const lines = stdout.split("\n");
    expect(lines).toHaveLength(4);
    expect(lines[1]).toBe("");
    expect(lines[2]).not.toBe("");
    expect(stderr).toBe(`error: 1 of 3 lines could not be translated\n  ${at("bad.txt")}:2: the line is not UTF-8\n`);
    const json = await runMain(["translate", model, at("bad.txt"), ...short, "--json"]);
    expect(json.code).toBe(1);
    expect(objects(json.stdout)[1]).toMatchObject({ line: 2, error: { code: "source-unreadable" } });
    expect(JSON.parse(json.stderr).error).toMatchObject({
      code: "partial",
      parts: [{ reason: "the line is not UTF-8" }],
    });
  });

  test("a line that is too long for the model is a bad line", async () => {
    const stdin = `the day\n${"the big red ball ".repeat(400)}\nthe day\n`;
    const { code, stdout, stderr } = await runMain(["translate", model, ...short], { stdin });
    expect(code).toBe(1);
    const lines = stdout.split("\n");
    expect([lines[1], lines[2]]).toEqual(["", lines[0]]);
    expect(stderr).toMatch(/error: 1 of 3 lines could not be translated\n {2}line 2: .*too long/);
  });

  test("a reader that goes away is no error", async () => {
    const { code, stderr } = await runMain(["translate", model, ...short], {
      stdin: "the day\n".repeat(50),
      onStdout: (_, control) => control.closeStdout(),
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  });

  test("Ctrl+C ends with 130, after whole lines", async () => {
    const whole = await runMain(["translate", model, ...short], { stdin: "the day\n" });
    const { code, stdout } = await runMain(["translate", model, ...short], {
      stdin: "the day\n".repeat(200),
      onStdout: (_, control) => control.interrupt(),
    });
    expect(code).toBe(130);
    expect(stdout).toBe(whole.stdout.repeat(stdout.length / whole.stdout.length));
  });

  test("a person sees how far it is, and which translations to look at", async () => {
    const { stderr } = await runMain(["translate", model, ...short], { stdin: "the day\n", terminals: ["stderr"] });
    const notes = stripVTControlCharacters(stderr);
    expect(notes).toContain("translating line 1 · 0 tokens");
    expect(notes).toContain("taught neither to translate nor to chat");
  });
});

describe("--output", () => {
  const text = Array.from({ length: 12 }, (_, index) => (index % 5 === 3 ? "" : `the big ball number ${index}`)).join(
    "\n",
  );
  const argvFor = (name: string, ...more: string[]) => [
    ...["translate", taught, at("input.txt"), ...short, "--mode", "draft", "--context", "--document"],
    ...["--output", at(name), ...more],
  ];
  let whole: string;
  beforeAll(async () => {
    writeFileSync(at("input.txt"), text);
    expect(await runMain(argvFor("whole.txt"))).toMatchObject({ code: 0, stdout: "", stderr: "" });
    whole = readFileSync(at("whole.txt"), "utf8");
    expect(whole.split("\n")).toHaveLength(12);
  });

  /** Interrupts a run when its output has so many lines. */
  function stopAt(name: string, lines: number): Promise<Outcome> {
    let watching: NodeJS.Timeout;
    const run = runMain(argvFor(name), {
      onStart: ({ interrupt }) => {
        watching = setInterval(() => {
          if (!existsSync(at(name)) || readFileSync(at(name), "utf8").split("\n").length <= lines) return;
          clearInterval(watching);
          interrupt();
        }, 1);
      },
    });
    return run.finally(() => clearInterval(watching));
  }

  test.each([1, 4, 7, 10])("stopped after %i lines and started again, the output is the same", async (lines) => {
    const name = `stopped-${lines}.txt`;
    expect(await stopAt(name, lines)).toMatchObject({ code: 130 });
    const part = readFileSync(at(name), "utf8");
    expect(part.length).toBeLessThan(whole.length);
    expect(whole.startsWith(part)).toBe(true);
    const again = await runMain(argvFor(name), { terminals: ["stderr"] });
    expect(again.code).toBe(0);
    expect(stripVTControlCharacters(again.stderr)).toContain(`(goes on at line ${part.split("\n").length})`);
    expect(readFileSync(at(name), "utf8")).toBe(whole);
    expect(existsSync(`${at(name)}.progress`)).toBe(false);
  });

  test("a half-written line is cut; a changed option or input is refused", async () => {
    await stopAt("half.txt", 3);
    writeFileSync(at("half.txt"), `${readFileSync(at("half.txt"), "utf8")}half a li`);
    const other = await runMain(argvFor("half.txt", "--seed", "3"));
    expect(other).toMatchObject({ code: 2, stdout: "" });
    expect(other.stderr).toContain("the run before had another --seed: 0, and now 3");
    const piped = [
      "translate",
      taught,
      ...short,
      "--mode",
      "draft",
      "--context",
      "--document",
      "--output",
      at("half.txt"),
    ];
    const changed = await runMain(piped, { stdin: `${text}\nmore` });
    expect(changed.stderr).toContain("the input is not the one that the run before began with");
    expect((await runMain(piped, { stdin: text })).code).toBe(0);
    expect(readFileSync(at("half.txt"), "utf8")).toBe(whole);
  });

  test("failures of an earlier run are told by the one that ends", async () => {
    const input = Buffer.concat([Buffer.from([0xff, 0x0a]), Buffer.from("the big red ball\n".repeat(6))]);
    writeFileSync(at("input-bad.txt"), input);
    const argv = ["translate", model, at("input-bad.txt"), ...short, "--output", at("bad-out.txt")];
    let watching: NodeJS.Timeout | undefined;
    await runMain(argv, {
      onStart: ({ interrupt }) => {
        watching = setInterval(() => {
          if (existsSync(at("bad-out.txt")) && readFileSync(at("bad-out.txt")).length > 1) interrupt();
        }, 1);
      },
    }).finally(() => clearInterval(watching));
    const { code, stderr } = await runMain(argv);
    expect(code).toBe(1);
    expect(stderr).toContain("error: 1 of 7 lines could not be translated\n");
    expect(readFileSync(at("bad-out.txt"), "utf8").split("\n")).toHaveLength(8);
  });

  test("a file that is there already is not touched, and no input is its own output", async () => {
    writeFileSync(at("mine.txt"), "mine");
    const taken = await runMain(argvFor("mine.txt"));
    expect(taken).toMatchObject({ code: 2, stdout: "" });
    expect(taken.stderr).toContain("the file is there already");
    expect(readFileSync(at("mine.txt"), "utf8")).toBe("mine");
    const same = await runMain(argvFor("input.txt", "--overwrite"));
    expect(same.stderr).toContain("it is one of the inputs");
    expect(readFileSync(at("input.txt"), "utf8")).toBe(text);
    expect((await runMain(argvFor("mine.txt", "--overwrite"))).code).toBe(0);
    expect(readFileSync(at("mine.txt"), "utf8")).toBe(whole);
  });
});

describe("what cannot be", () => {
  const fails = async (argv: readonly string[], message: string, code = 2) => {
    const outcome = await runMain(["translate", model, ...argv], { stdin: "the day\n" });
    expect({ code: outcome.code, stdout: outcome.stdout }).toEqual({ code, stdout: "" });
    expect(outcome.stderr).toContain(message);
  };

  test("languages that there are not, or that are one", async () => {
    await fails(["--from", "en", "--to", "klingonisch"], "--to: there is no such language");
    await fails(["--from", "en", "--to", "English"], "--from and --to are the same language, en");
    await fails(["--from", "en"], "required option '--to <language>' not specified");
  });

  test("requests that contradict each other, before anything runs", async () => {
    await fails([...languages, "--include", "ball", "--forbid", "Ball"], '"ball" is required, and "Ball" is forbidden');
    await fails([...languages, "--include", ""], "--include: ");
    await fails([...languages, "--mode", "draft", "--beams", "3"], "--beams does not draw");
  });

  test("a glossary that cannot be read, with the line", async () => {
    writeFileSync(at("broken.tsv"), "a\tb\nnonsense\n");
    await fails([...languages, "--glossary", at("broken.tsv")], "broken.tsv:2: expected SOURCE, a tab and TARGET");
    await fails([...languages, "--glossary", at("none.tsv")], "there is no such file");
  });

  test("options and files that do not fit", async () => {
    await fails([...languages, "--words"], "--words is for --json");
    await fails([...languages, "--overwrite"], "--overwrite is for --output");
    await fails([...languages, "--profile", "latin"], "--profile: ");
    await fails([...languages, "--template", "latin"], "--template: ");
    await fails([...languages, "--register", "loud"], "formal, informal");
    await fails([...languages, "--seed", "4294967296"], "0 to 4294967295");
    await fails([...languages, "--context-length", "99999"], "--context-length: ");
    await fails([...languages, at("none.txt")], "there is no such file", 1);
    await fails([...languages, "--context", "2048"], "--context takes no number", 1);
    await fails([...languages, folder], "it is a folder", 1);
  });
});
