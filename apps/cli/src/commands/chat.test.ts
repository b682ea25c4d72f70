import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { stripVTControlCharacters } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";
import { runMain } from "../testing/run-main.ts";
import { sharedFixture } from "../testing/shared-fixture.ts";
import { temporaryFolder, writeTinyFile } from "../testing/tiny-file.ts";

const folder = temporaryFolder();
let model: string;
let taught: string;
beforeAll(async () => {
  model = await writeTinyFile(folder, "tiny.gguf");
  taught = await writeTinyFile(folder, "taught.gguf", {
    metadata: {
      "tokenizer.chat_template": {
        type: "string",
        value: "{{ bos_token }}{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}[assistant]",
      },
    },
  });
});

const greedy = ["--temperature", "0", "--max-tokens", "6"];
const replies = (stdout: string) =>
  stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));

test("without a model, it says how to get one, and that is no error", async () => {
  const { code, stdout, stderr } = await runMain(["chat"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toContain(".gguf");
  expect(stdout).toContain("huggingface.co");
  expect(stdout).toContain("npm start -- ");
  for (const line of stdout.split("\n")) expect(line.length, line).toBeLessThanOrEqual(100);
});

test("piped lines are messages, empty ones are not", async () => {
  const { code, stdout, stderr } = await runMain(["chat", taught, ...greedy, "--json"], {
    stdin: "the day\n\nthe ball\n",
  });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(replies(stdout)).toHaveLength(2);
  const plain = await runMain(["chat", taught, ...greedy], { stdin: "the day\n\nthe ball\n" });
  const texts = replies(stdout).map(({ reply }) => (reply.endsWith("\n") ? reply : `${reply}\n`));
  expect(plain.stdout).toBe(texts.join(""));
});

test("a person hears that a reply is not the model's end, a pipe gets the text alone", async () => {
  const atTerminal = await runMain(["chat", model, ...greedy], { stdin: "the\n", terminals: ["stdout", "stderr"] });
  expect(atTerminal.stderr).toContain("(stopped after 6 tokens: --max-tokens sets how many)");
  const piped = await runMain(["chat", model, ...greedy], { stdin: "the\n" });
  expect(piped.stderr).toBe("");
});

test("history is kept, and the unchanged beginning is not computed again", async () => {
  const { stdout } = await runMain(["chat", taught, ...greedy, "--json"], { stdin: "the day\nthe ball\n" });
  const [first, second] = replies(stdout);
  expect(first.usage.reusedTokens).toBe(0);
  // All of the first prompt, at least.
  expect(second.usage.reusedTokens).toBeGreaterThanOrEqual(first.usage.promptTokens);
  expect(second.usage.promptTokens).toBeGreaterThan(first.usage.promptTokens);
});

test("a template that writes BOS itself gets no second one", async () => {
  const { stdout } = await runMain(["chat", taught, ...greedy, "--json"], { stdin: "the\n" });
  const tokens = await runMain(["tokenize", taught, "--special", "--no-bos", "--count", "<s>[user]the[assistant]"]);
  expect(replies(stdout)[0].usage.promptTokens).toBe(Number(tokens.stdout));
});

test("--template writes the dialogue in another way; a name that there is not is wrong usage", async () => {
  const plain = await runMain(["chat", taught, ...greedy, "--json"], { stdin: "the\n" });
  const vicuna = await runMain(["chat", taught, ...greedy, "--json", "--template", "vicuna"], { stdin: "the\n" });
  expect(replies(vicuna.stdout)[0].usage.promptTokens).toBeGreaterThan(replies(plain.stdout)[0].usage.promptTokens);
  const unknown = await runMain(["chat", taught, "--template", "latin"], { stdin: "the\n" });
  expect(unknown).toMatchObject({ code: 2, stdout: "" });
  expect(unknown.stderr).toContain("--template: ");
  expect(unknown.stderr).toContain("vicuna");
});

test("what a person types never becomes a control token", async () => {
  const { stdout } = await runMain(["chat", taught, ...greedy, "--json"], { stdin: "</s>\n" });
  const tokens = await runMain(["tokenize", taught, "--bos", "--count", "[user]</s>[assistant]"]);
  // The space that SentencePiece puts before a text may stand elsewhere: one token at most.
  expect(Math.abs(replies(stdout)[0].usage.promptTokens - Number(tokens.stdout))).toBeLessThanOrEqual(1);
});

test("when the context is full, the oldest turns go, never the system prompt, and it says so", async () => {
  const messages = Array.from({ length: 8 }, (_, index) => `the big red ball number ${index}`);
  const argv = ["chat", taught, ...greedy, "--json", "--context", "96", "--system", "a happy girl"];
  const { code, stdout, stderr } = await runMain(argv, { stdin: `${messages.join("\n")}\n` });
  expect(code).toBe(0);
  expect(replies(stdout)).toHaveLength(8);
  expect(stderr).toContain("(the context is full: forgot the oldest ");
  const system = await runMain(["tokenize", taught, "--special", "--no-bos", "--count", "<s>[system]a happy girl"]);
  // What is reused after forgetting is the beginning that stayed: the system prompt.
  const smallest = Math.min(
    ...replies(stdout)
      .slice(1)
      .map(({ usage }) => usage.reusedTokens),
  );
  expect(smallest).toBeGreaterThanOrEqual(Number(system.stdout));
});

test("a message that is too long fails when it was piped", async () => {
  const { code, stderr } = await runMain(["chat", model, ...greedy, "--context", "32"], {
    stdin: `${"the big red ball ".repeat(20)}\n`,
  });
  expect(code).toBe(1);
  expect(stderr).toContain("[context-full]");
});

test("Ctrl+C ends a piped chat with 130", async () => {
  const { code } = await runMain(["chat", model, "--temperature", "0"], {
    stdin: "the day\nthe ball\n",
    onStdout: (_, control) => control.interrupt(),
  });
  expect(code).toBe(130);
});

const templates = sharedFixture("templates");
test.skipIf(templates === undefined)("the chat templates of well-known models work", async () => {
  // One that is made for calling tools cannot be rendered without any.
  const files = readdirSync(templates!).filter((name) => /(?<!tool_use)\.jinja$/.test(name));
  expect(files.length).toBeGreaterThan(0);
  for (const name of files) {
    const value = readFileSync(path.join(templates!, name), "utf8");
    const file = await writeTinyFile(folder, `${name}.gguf`, {
      contextLength: 2048,
      metadata: { "tokenizer.chat_template": { type: "string", value } },
    });
    const { code, stdout, stderr } = await runMain(["chat", file, ...greedy, "--json"], { stdin: "the\nday\n" });
    expect({ name, code, stderr }).toEqual({ name, code: 0, stderr: "" });
    expect(replies(stdout)).toHaveLength(2);
  }
});

describe("commands", () => {
  const chat = (lines: readonly string[]) =>
    runMain(["chat", taught, ...greedy, "--json"], { stdin: `${lines.join("\n")}\n` });

  test("/undo and /reset forget", async () => {
    const { stdout } = await chat(["the day", "/undo", "the day", "the ball", "/reset", "the day"]);
    const [first, again, second, reset] = replies(stdout);
    expect(again.usage.promptTokens).toBe(first.usage.promptTokens);
    expect(second.usage.promptTokens).toBeGreaterThan(first.usage.promptTokens);
    expect(reset).toMatchObject({ reply: first.reply, usage: { promptTokens: first.usage.promptTokens } });
  });

  test("/retry replies anew to the same message, /edit to another one in its place", async () => {
    const file = path.join(folder, "edited.json");
    const { stdout, stderr } = await chat([
      ...["/retry", "the day", "/retry", "the ball", "/edit 1 a big dog", `/save ${file}`],
      ...["/edit 2 the day", "/edit 0 the day", "/edit 1", "/edit one the day"],
    ]);
    const [first, again, , edited] = replies(stdout);
    expect(replies(stdout)).toHaveLength(4);
    expect(again).toMatchObject({ reply: first.reply, usage: { promptTokens: first.usage.promptTokens } });
    // The prompt is known but for its last token, whose scores are needed again.
    expect(again.usage.reusedTokens).toBe(first.usage.promptTokens - 1);
    expect(edited.usage.reusedTokens).toBeGreaterThan(0);
    expect(JSON.parse(readFileSync(file, "utf8"))).toEqual([
      { role: "user", content: "a big dog" },
      { role: "assistant", content: edited.reply },
    ]);
    expect(stderr).toContain("There is nothing to reply to.");
    expect(stderr).toContain("There is no message 2: you sent 1 message.");
    expect(stderr).toContain("There is no message 0: you sent 1 message.");
    expect(stderr.match(/Say which message/g)).toHaveLength(2);
  });

  test("/system tells and shows", async () => {
    const { stdout, stderr } = await chat(["the day", "/reset", "/system be a happy girl", "/system", "the day"]);
    const [without, with_] = replies(stdout);
    expect(with_.usage.promptTokens).toBeGreaterThan(without.usage.promptTokens);
    expect(stderr.match(/System prompt: be a happy girl/g)).toHaveLength(2);
  });

  test("/save writes JSON or Markdown, and never over a file", async () => {
    const json = path.join(folder, "talk.json");
    const markdown = path.join(folder, "talk.md");
    const taken = path.join(folder, "taken.md");
    writeFileSync(taken, "mine");
    const { stdout, stderr } = await chat(["the day", `/save ${json}`, `/save ${markdown}`, `/save ${taken}`, "/save"]);
    const [{ reply }] = replies(stdout);
    expect(JSON.parse(readFileSync(json, "utf8"))).toEqual([
      { role: "user", content: "the day" },
      { role: "assistant", content: reply },
    ]);
    expect(readFileSync(markdown, "utf8")).toContain("**user**\n\nthe day\n");
    expect(readFileSync(taken, "utf8")).toBe("mine");
    expect(stderr).toContain("not saved: the file is there already");
    expect(stderr).toContain("Name a file");
  });

  test("/stats counts tokens, /help lists commands, /exit leaves", async () => {
    const { code, stdout, stderr } = await chat(["the day", "/stats", "/help", "/exit", "the ball"]);
    expect(code).toBe(0);
    expect(replies(stdout)).toHaveLength(1);
    expect(stderr).toMatch(/context +\d+ of 256 tokens\n/);
    expect(stderr).toMatch(/last reply +6 tokens in /);
    for (const name of ["/help", "/reset", "/system", "/undo", "/retry", "/edit", "/save", "/stats", "/exit"]) {
      expect(stderr).toContain(`  ${name}`);
    }
  });

  test("a command that there is not names the nearest; a path or // is a message", async () => {
    const { stdout, stderr } = await chat(["/rest", "/the/day", "//help"]);
    expect(stderr).toBe("There is no /rest. Did you mean /reset? /help lists the commands.\n");
    expect(replies(stdout)).toHaveLength(2);
  });
});

describe("on a terminal", () => {
  const terminals = ["stdin", "stdout", "stderr"] as const;
  const prompts = (stdout: string) => stripVTControlCharacters(stdout).split("> ").length - 1;

  /** Types the next line whenever a prompt has appeared. */
  function typing(lines: readonly string[]) {
    let typed = 0;
    return (stdout: string, control: { type(text: string): void }) => {
      if (typed < lines.length && prompts(stdout) > typed) control.type(lines[typed++]!);
    };
  }

  test("a conversation: greeting, prompt, reply, goodbye with Ctrl+D", async () => {
    const { code, stdout, stderr } = await runMain(["chat", model, ...greedy], {
      terminals,
      onStdout: typing(["the day\r", "\u0004"]),
    });
    expect(code).toBe(0);
    expect(prompts(stdout)).toBe(2);
    const notes = stripVTControlCharacters(stderr);
    expect(notes).toContain("tiny.gguf · cpu · context of 256 tokens · loaded in ");
    expect(notes).toContain("was not taught to chat");
    expect(notes).toContain("/help lists commands");
  });

  test("Ctrl+C at the prompt leaves", async () => {
    const { code } = await runMain(["chat", taught], { terminals, onStdout: typing(["\u0003"]) });
    expect(code).toBe(0);
  });

  test("Ctrl+C during a reply stops it, and the chat goes on", async () => {
    let interrupted = false;
    const type = typing(["the day\r", "/stats\r", "/exit\r"]);
    const { code, stderr } = await runMain(["chat", model, "--temperature", "0", "--max-tokens", "200"], {
      terminals,
      onStdout: (text, control) => {
        // The first token of the reply: something after the line that was typed.
        if (!interrupted && /the day\r?\n[^>]/.test(stripVTControlCharacters(text))) {
          interrupted = true;
          control.interrupt();
        }
        type(text, control);
      },
    });
    expect({ code, interrupted }).toEqual({ code: 0, interrupted: true });
    const notes = stripVTControlCharacters(stderr);
    expect(notes).toContain("(stopped)");
    expect(notes).toMatch(/turns +1\n/);
    expect(Number(/last reply +(\d+) token/.exec(notes)?.[1])).toBeLessThan(200);
  });

  test("a message that fails is not the end", async () => {
    const { code, stderr } = await runMain(["chat", model, ...greedy, "--context", "32"], {
      terminals,
      onStdout: typing([`${"the big red ball ".repeat(20)}\r`, "the day\r", "/stats\r", "/exit\r"]),
    });
    expect(code).toBe(0);
    const notes = stripVTControlCharacters(stderr);
    expect(notes).toContain("[context-full]");
    expect(notes).toMatch(/turns +1\n/);
  });

  test("what is pasted at once is one message", async () => {
    const file = path.join(folder, "pasted.json");
    await runMain(["chat", model, ...greedy], {
      terminals,
      onStdout: typing(["the day\rthe ball\r", `/save ${file}\r`, "/exit\r"]),
    });
    expect(existsSync(file)).toBe(true);
    expect(JSON.parse(readFileSync(file, "utf8"))[0]).toEqual({ role: "user", content: "the day\nthe ball" });
  });
});
