import { renameSync } from "node:fs";
import path from "node:path";
import { beforeAll, expect, test } from "vitest";
import { runMain } from "./testing/run-main.ts";
import { temporaryFolder, writeTinyFile } from "./testing/tiny-file.ts";

const escapeCharacter = "\u001b";
const hostile = `${escapeCharacter}[31mX${escapeCharacter}]0;title\u0007\u009b31m\u202e\r\b\u007f`;
const folder = temporaryFolder();
const model = path.join(folder, `m${escapeCharacter}[31m\u009b\u202e.gguf`);
const foreign = path.join(folder, "foreign.gguf");

beforeAll(async () => {
  const entry = { type: "string", value: hostile } as const;
  const metadata = { "general.name": entry, "general.license": entry, [`key${hostile}`]: entry };
  renameSync(await writeTinyFile(folder, "plain.gguf", { metadata }), model);
  await writeTinyFile(folder, "foreign.gguf", { metadata: { "general.architecture": entry } });
});

/** What the program itself sends: colours, moving left, erasing. */
const own = new RegExp(`${escapeCharacter}\\[[\\d;]*[mDK]|\\r(?=${escapeCharacter})`, "g");
const steers = /[^\P{Cc}\n\t]|[\u202a-\u202e\u2066-\u2069]/u;

const commands: readonly (readonly string[])[] = [
  ["inspect"],
  ["inspect", "--metadata", "--tensors", "--graph"],
  ["inspect", "--json", "--metadata", "--tensors"],
  ["complete", hostile, "--max-tokens", "2"],
  ["complete", hostile, "--max-tokens", "2", "--json"],
  ["complete", hostile, "--max-tokens", "2", "--json-lines"],
  ["complete", hostile, "--max-tokens", "2", "--logprobs", "2"],
  ["complete", hostile, `--${hostile}`],
  ["complete", hostile, "--backend", hostile],
  ["tokenize", hostile],
  ["tokenize", hostile, "--json"],
  ["tokenize", hostile, "--decode"],
  ["quantize", path.join(folder, `${hostile}.gguf`), "--type", "q8_0", "--overwrite"],
  ["quantize", path.join(folder, `${hostile}.gguf`), "--type", "q8_0", "--overwrite", "--json"],
  ["quantize", `${hostile}/none`, "--type", hostile],
  ["chat", "--max-tokens", "2"],
  ["chat", "--max-tokens", "2", "--json"],
  ["translate", "--from", "en", "--to", "de", "--max-tokens", "2"],
  ["translate", "--from", "en", "--to", "de", "--max-tokens", "2", "--json", "--words"],
  ["translate", "--from", "en", "--to", "de", "--max-tokens", "2", "--include", hostile],
  ["translate", "--from", "en", "--to", "de", "--glossary", hostile],
  ["translate", "--from", "en", "--to", "de", "--output", `${hostile}/none`],
  ["translate", "--from", "en", "--to", "de", hostile],
  ["translate", "--from", hostile, "--to", "de"],
  ["bench", "--prefill", "2", "--decode", "2", "--repetitions", "1"],
  ["bench", "--prefill", "2", "--decode", "2", "--repetitions", "1", "--json"],
];

const cases = commands.map((argv, index) => [index, argv[0], argv] as const);

test.each(cases)(
  "%i %s lets nothing of a file, its name or what was typed steer the terminal",
  async (...[, , argv]) => {
    const [command, ...rest] = argv as [string, ...string[]];
    for (const file of [model, foreign, `${model}.missing`]) {
      for (const debug of ["", "1"]) {
        const { stdout, stderr } = await runMain([command, file, ...rest], {
          terminals: ["stdout", "stderr"],
          env: { NO_COLOR: "1", BAYLING_DEBUG: debug },
          stdin: command === "chat" || command === "translate" ? `${hostile.replace("\r", "")}\n` : "",
        });
        expect(stdout.replaceAll(own, "")).not.toMatch(steers);
        expect(stderr.replaceAll(own, "")).not.toMatch(steers);
      }
    }
  },
);
