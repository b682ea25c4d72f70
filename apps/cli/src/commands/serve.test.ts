import { writeFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { type Control, type Outcome, runMain } from "../testing/run-main.ts";
import { temporaryFolder, writeTinyFile } from "../testing/tiny-file.ts";

const folder = temporaryFolder();
let model: string;
beforeAll(async () => {
  model = await writeTinyFile(folder, "tiny.gguf");
});

interface Situation {
  readonly argv?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Serves while `work` asks, then stops. */
async function serving(
  { argv = [], env = {} }: Situation,
  work: (url: string, control: Control) => Promise<void>,
): Promise<Outcome> {
  let working: Promise<void> | undefined;
  const outcome = await runMain(["serve", model, "--port", "0", ...argv], {
    env,
    onStdout: (text, control) => {
      const url = /http:\/\/[\d.:]+/.exec(text)?.[0];
      if (url === undefined || working !== undefined) return;
      working = work(url, control).finally(() => control.interrupt());
      working.catch(() => {}); // told below, when the program has ended
    },
  });
  await working;
  return outcome;
}

const ask = (url: string, body: object, headers: Record<string, string> = {}) =>
  fetch(`${url}/v1/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });

describe("bayling serve", () => {
  it("says where it is and what can be called, answers, logs no texts, and ends with 0", async () => {
    const { code, stdout, stderr } = await serving({}, async (url) => {
      const response = await ask(url, { prompt: "a private text", max_tokens: 4, temperature: 0 });
      const answer = (await response.json()) as { model: string; choices: { text: string }[] };
      expect(answer.model).toBe("tiny");
      const expected = await runMain(["complete", model, "a private text", "--max-tokens", "4", "--json"]);
      expect(answer.choices[0]!.text).toBe((JSON.parse(expected.stdout) as { text: string }).text);
      await fetch(`${url}/v1/secret-path`);
    });
    expect(code).toBe(0);
    expect(stdout).toContain("POST /v1/chat/completions");
    expect(stdout).toMatch(/^tiny · tiny\.gguf · cpu · 8 texts · loaded in /);
    expect(stderr).toMatch(/ 200 POST \/v1\/completions · .* · \d+ \(0 known\) \+ \d tokens? · address 127\.0\.0\.1\n/);
    expect(stderr).toMatch(/ 404 GET other · .* · route-not-found · /);
    expect(stderr).not.toMatch(/private|secret/);
  });

  it("takes keys of options, a file and the environment", async () => {
    const file = path.join(folder, "keys.txt");
    writeFileSync(file, "key-of-a-file\nanother-of-it\n");
    const argv = ["--api-key", "key-of-an-option", "--api-key-file", file, "--alias", "my-model", "--json"];
    const { stdout } = await serving({ argv, env: { BAYLING_API_KEY: "key-of-the-environment" } }, async (url) => {
      for (const key of ["key-of-an-option", "key-of-a-file", "another-of-it", "key-of-the-environment"]) {
        const response = await fetch(`${url}/v1/models`, { headers: { authorization: `Bearer ${key}` } });
        expect(await response.json()).toMatchObject({ data: [{ id: "my-model" }] });
      }
      expect((await fetch(`${url}/v1/models`)).status).toBe(401);
    });
    const lines = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines[0]).toMatchObject({ model: "my-model", guarded: true });
    expect(lines.slice(1).map(({ status, client }) => [status, client])).toEqual([
      ...[0, 2, 3, 1].map((key) => [200, `key ${key}`]),
      [401, "unknown"],
    ]);
    expect(stdout).not.toContain("key-of");
  });

  it("finishes what runs when the system wants it to end", async () => {
    const { code, stderr } = await serving({ argv: ["--parallel", "1"] }, async (url, control) => {
      const response = await ask(url, { prompt: "a", max_tokens: 200, ignore_eos: true, stream: true });
      control.terminate();
      const text = await response.text();
      expect(text.endsWith("data: [DONE]\n\n")).toBe(true);
    });
    expect(code).toBe(0);
    expect(stderr).toContain("finishing 1 request");
  });

  it("refuses what would let others in without a key, and what makes no sense", async () => {
    const open = await runMain(["serve", model, "--host", "0.0.0.0", "--port", "0"]);
    expect(open).toMatchObject({ code: 2, stdout: "" });
    expect(open.stderr).toContain("asks for no key");
    const empty = path.join(folder, "empty.txt");
    writeFileSync(empty, "\n");
    for (const argv of [
      ["--api-key-file", empty],
      ["--api-key-file", path.join(folder, "missing.txt")],
      ["--api-key", "short"],
      ["--port", "70000"],
      ["--cors", "example.org"],
      ["--parallel", "0"],
    ]) {
      expect((await runMain(["serve", model, ...argv])).code).toBe(2);
    }
  });
});
