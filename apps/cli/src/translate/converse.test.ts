import path from "node:path";
import { stripVTControlCharacters } from "node:util";
import { beforeAll, expect, test } from "vitest";
import { type Control, type Outcome, runMain } from "../testing/run-main.ts";
import { screenOf } from "../testing/screen.ts";
import { temporaryFolder, writeTinyFile } from "../testing/tiny-file.ts";

const folder = temporaryFolder();
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

const terminals = ["stdin", "stdout", "stderr"] as const;
const languages = ["--from", "en", "--to", "de"];
const short = [...languages, "--max-tokens", "10"];

const prompts = (stdout: string) => stripVTControlCharacters(stdout).split("> ").length - 1;

interface Dialogue {
  readonly code: number;
  /** What stands on the screen behind each line that was typed. */
  readonly replies: readonly string[];
  readonly notes: string;
  readonly outcome: Outcome;
}

/** Types the next line whenever a prompt has appeared; `onText` sees all output after each write. */
async function talk(
  argv: readonly string[],
  lines: readonly string[],
  onText?: (text: string, control: Control) => void,
): Promise<Dialogue> {
  let typed = 0;
  const outcome = await runMain(["translate", ...argv], {
    terminals,
    onStdout: (stdout, control) => {
      onText?.(stripVTControlCharacters(stdout), control);
      if (typed < lines.length && prompts(stdout) > typed) control.type(`${lines[typed++]!}\r`);
    },
  });
  const shown = stripVTControlCharacters(outcome.stdout).replaceAll("\r\n", "\n");
  let from = 0;
  const replies = lines.map((line) => {
    // The Tab key shows what it completes.
    const typedLine = line.replace("/inclu\t", "/include ");
    const start = shown.indexOf(`> ${typedLine}`, from) + typedLine.length + 2;
    const end = /\n(?:en)?> /.exec(shown.slice(start));
    from = start;
    return shown.slice(start, end === null ? undefined : start + end.index).trim();
  });
  return { code: outcome.code, replies, notes: stripVTControlCharacters(outcome.stderr), outcome };
}

test("a text, then what to change: acts as commands and in words, undo and redo", async () => {
  const { code, replies, notes } = await talk(
    [taught, ...short],
    ["The day", "/inclu\tledger", "make it shorter", "/undo", "/redo", "/forbid happy", "/exit"],
  );
  expect(code).toBe(0);
  const [first, included, shorter, undone, redone, without] = replies;
  expect(first).not.toBe("");
  expect(first).not.toContain("ledger");
  expect(included).toContain("ledger");
  // What was asked once holds.
  expect(shorter).toContain("ledger");
  expect(undone).toBe(included);
  expect(redone).toBe(shorter);
  expect(without).toContain("ledger");
  expect(notes).toContain("asked as chat");
  expect(notes).toContain('✓ include "ledger"');
  expect(notes).toContain("✓ shorten");
  expect(notes).toContain("? language");
  expect(notes).toContain('✓ forbid "happy"');
});

test("what a model was not taught is said, and held by decoding", async () => {
  const { replies, notes } = await talk([model, ...short], ["The day", "/include ledger", "/explain", "/exit"]);
  expect(replies[1]).toContain("ledger");
  expect(notes).toContain("taught neither to translate nor to chat");
  expect(notes.replaceAll(/\s+/g, " ")).toContain('(completion was not taught to follow "include-terms"');
  expect(notes).toContain("[capability-missing]");
});

test("a model without words about translations offers the best of a beam search", async () => {
  const { replies, notes } = await talk([model, ...short], ["The day", "/alternatives 3", "/alternatives", "/exit"]);
  expect(notes).toContain("these are the best of a beam search");
  const linesOf = (reply: string) => reply.split("\n").map((line) => line.trim());
  const listed = linesOf(replies[1]!).slice(-3);
  expect(listed.map((line) => line[0])).toEqual(["1", "2", "3"]);
  const scores = listed.map((line) => Number(/-?[\d.]+$/.exec(line)![0]));
  expect(scores).toEqual([...scores].sort((a, b) => b - a));
  // They are there: nothing is searched again.
  expect(linesOf(replies[2]!)).toEqual(listed);
});

test("a check that fails says why", async () => {
  const { notes } = await talk(
    [taught, ...short],
    [...["The day was bright, and the ball was red.", "/edit The day was bright, and the ball was red.", "/exit"]],
  );
  expect(notes).toMatch(/✗ copy: .+/);
});

test("/versions lists all, /goto goes there, and what is asked then begins a branch", async () => {
  const { replies, notes } = await talk(
    [taught, ...short],
    ["The day", "/include ledger", "/goto 1", "/edit Der Tag", "/versions", "/goto 9", "/exit"],
  );
  const [first, , gone, edited, list] = replies;
  expect(gone).toBe(first);
  expect(edited).toBe("Der Tag");
  const rows = list!.split("\n").map((row) => row.trim().split(/\s{2,}/));
  expect(rows.map((row) => row.slice(0, -1))).toEqual([
    ["1", "translate"],
    ["2", "from 1", "include-terms"],
    ["→ 3", "from 1", "edit"],
  ]);
  expect(rows[2]!.at(-1)).toBe("Der Tag");
  expect(notes).toContain("Name one of the 3 that /versions lists");
});

test("/words colours by confidence, with a legend; /word offers others and takes one", async () => {
  const { replies, outcome } = await talk(
    [taught, ...languages, "--max-tokens", "16"],
    [
      "The day",
      "/edit Der große rote Ball",
      "/undo",
      "/words",
      "/word 1",
      "/word 1 2",
      "/word none",
      "/word 1 99",
      "/exit",
    ],
  );
  const [first, , , words, others, taken] = replies;
  const shown = words!.split("\n");
  expect(shown[0]).toBe(first);
  expect(shown[1]).toBe("■ 80 % sure and more  ■ 40 %  ■ 10 %  ■ less");
  expect(shown[2]).toMatch(/^least sure: {2}\d+ \S+ +[\d.]+ %/);
  const escapeCharacter = "\u001b";
  expect(outcome.stdout).toContain(`${escapeCharacter}[31m■ less`);
  const choices = others!.split("\n").map((row) => row.trim().split(/\s+/));
  expect(choices.map(([number]) => number)).toEqual(choices.map((_, index) => String(index + 1)));
  expect(taken).toContain(choices[1]![1]);
  expect(outcome.stderr).toContain("There is no word none");
  expect(outcome.stderr).toContain("There is no choice 99");
});

test("/retry draws another; /new takes another text, which may see the one before", async () => {
  const lines = ["The day", "/retry", "/new", "The ball", "/new The day", "/exit"];
  const { replies, notes } = await talk([taught, ...short, "--seed", "1"], lines);
  expect(replies[1]).not.toBe(replies[0]);
  expect(notes).toContain("Type the next text.");
  expect(replies[4]).toBe(replies[0]);
  const again = await talk([taught, ...short, "--seed", "1"], lines);
  expect(again.replies).toEqual(replies);
  const inContext = await talk([taught, ...short, "--seed", "1", "--context"], lines);
  expect(inContext.replies[0]).toBe(replies[0]);
  expect(inContext.replies[4]).not.toBe(replies[4]);
});

test("a request that contradicts an earlier one is refused, and the translation stays", async () => {
  const { code, replies, notes } = await talk(
    [taught, ...short],
    ["The day", "/include ledger", "/forbid ledger", "/undo", "/redo", "/exit"],
  );
  expect(code).toBe(0);
  expect(notes).toContain('"ledger" is required, and "ledger" is forbidden');
  expect(replies[4]).toBe(replies[1]);
});

test("a command that there is not names the nearest; before a text, commands ask for one", async () => {
  const { code, notes } = await talk(
    [taught, ...short],
    ["/shorter", "/undo", "/words", "/wrods", "/glosary a = b", "/exit"],
  );
  expect(code).toBe(0);
  expect(notes.match(/there is no translation yet: type a text first/g)).toHaveLength(3);
  expect(notes).toContain("There is no /wrods. Did you mean /words?");
  expect(notes).toContain("There is no /glosary. Did you mean /glossary?");
});

test("undoing more than there is, and commands with too little behind them, say so", async () => {
  const { code, notes } = await talk(
    [taught, ...short],
    ["The day", "/redo", "/undo", "/undo", "/words", "/edit", "/include", "/to klingonisch", "/retry", "/exit"],
  );
  expect(code).toBe(0);
  for (const said of [
    ...["there is nothing to redo", "Back at the beginning", "there is nothing to undo", "Apply translate() first"],
    ...["Write the translation behind it", "/include ledger, journal", "there is no such language"],
  ]) {
    expect(notes).toContain(said);
  }
});

test("lines that are pasted are one text; a path is no command", async () => {
  const { replies } = await talk([taught, ...short, "--json"], ["The day\rThe ball", "/etc/passwd is wrong", "/exit"]);
  expect(JSON.parse(replies[1]!)).toMatchObject({ act: "ask", reply: expect.any(String) });
  const pasted = await talk([taught, ...short, "--json"], ["/new", "The day\rThe ball", "/exit"]);
  expect(pasted.outcome.stdout).toContain('"source":"The day\\nThe ball"');
});

test("Ctrl+C stops a turn and keeps the session", async () => {
  let interrupts = 0;
  const { code, replies, notes } = await talk(
    [taught, ...languages, "--max-tokens", "400"],
    ["The day", "/length 3-5 words", "/rephrase", "/versions", "/exit"],
    (text, { interrupt }) => {
      // Something of a reply is there.
      if (interrupts === 0 && /The day\r?\n[^>]/.test(text)) interrupts += Number(interrupt() === undefined);
      if (interrupts === 1 && /rephrase\r?\n[^>]/.test(text)) interrupts += Number(interrupt() === undefined);
    },
  );
  expect({ code, interrupts }).toEqual({ code: 0, interrupts: 2 });
  expect(notes.match(/\(stopped\)/g)).toHaveLength(2);
  expect(notes).toContain("The text stays");
  expect(replies[3]).toMatch(/^→ 1 +set-length/);
});

test("--json prints an object for every turn, and nothing else on stdout", async () => {
  const { outcome } = await talk([taught, ...short, "--json", "--beams", "3"], ["The day", "/include ledger", "/exit"]);
  const objects = stripVTControlCharacters(outcome.stdout)
    .split(/\r?\n/)
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line));
  expect(objects).toHaveLength(2);
  expect(objects[0]).toMatchObject({ version: 1, act: "translate", source: "The day", hypotheses: { length: 3 } });
  expect(objects[1]).toMatchObject({ version: 2, act: "include-terms", guaranteed: [expect.any(String)] });
});

test("/help lists everything within 100 columns, and says what is typed where", async () => {
  const { notes } = await talk([taught, ...short], ["/help", "/exit"]);
  for (const name of [
    "/new",
    "/undo",
    "/redo",
    "/words",
    "/versions",
    "/goto",
    "/edit",
    "/include",
    "/forbid",
    "/shorter",
  ]) {
    expect(notes).toContain(`  ${name}`);
  }
  expect(notes).toContain("At the prompt en> a text is awaited.");
  for (const line of notes.split("\n").filter((line) => !line.includes("\r"))) {
    expect(line.length, line).toBeLessThanOrEqual(100);
  }
});

test("long translations break between words, and nothing in them steers the terminal", async () => {
  const { outcome } = await talk([taught, ...languages, "--max-tokens", "200"], ["The day", "/exit"]);
  const escapeCharacter = "\u001b";
  const own = new RegExp(`${escapeCharacter}\\[[\\d;]*[A-Za-z]|\\r`, "g");
  expect(outcome.stdout.replaceAll(own, "")).not.toMatch(/[^\P{Cc}\n\t]|[\u202a-\u202e\u2066-\u2069]/u);
  const reply = outcome.stdout.split("The day").at(-1)!;
  const screen = screenOf(reply.replaceAll(new RegExp(`${escapeCharacter}\\[[\\d;]*[GJ]`, "g"), ""), 80);
  for (const line of screen) expect(line.length).toBeLessThanOrEqual(80);
});

test("what is for files is refused", async () => {
  for (const flags of [["--output", path.join(folder, "out.txt")], ["--document"]]) {
    const { code, outcome } = await talk([taught, ...short, ...flags], []);
    expect(code).toBe(2);
    expect(outcome.stderr).toContain("is for files and pipes");
  }
});
