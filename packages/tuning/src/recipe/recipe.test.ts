import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { type ChatMessage, loadModel, loadTokenizer, logSoftmax, type Tokenizer } from "@bayling/core";
import { cpu } from "@bayling/core/cpu";
import { createTranslator } from "@bayling/core/interaction";
import { builtInTemplates } from "@bayling/core/prompt";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Dialogue } from "../dialogues/dialogue.ts";
import { findPython } from "../testing/find-python.ts";
import { encodeDialogue } from "./encode-dialogue.ts";
import { writeRecipe } from "./recipe.ts";

const run = promisify(execFile);

const python = findPython("torch", "numpy");

const words = "<unk> <s> </s> ▁ ▁Translate ▁the ▁cat ▁dog ▁mat die Die Katze Hund ▁die ▁Katze . :".split(" ");
const letters = Array.from("### Instruction:\nRespoe abcdefghijklmnopqrstuvwxyzKHD▁", (letter) =>
  letter === " " ? "▁" : letter,
);
const bytes = Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`);

/** A small vocabulary of the SentencePiece kind, as `tokenizer.json`. */
function tokenizerJson(): { readonly model: object } {
  const pieces = [
    ...new Set([...words.slice(0, 3), ...bytes, ...letters.filter((letter) => letter !== "\n"), ...words]),
  ];
  const vocab = Object.fromEntries(pieces.map((piece, id) => [piece, id]));
  const special = (content: string) => ({
    ...{ id: vocab[content], content, special: true, normalized: false },
    ...{ single_word: false, lstrip: false, rstrip: false },
  });
  return {
    added_tokens: ["<unk>", "<s>", "</s>"].map(special),
    normalizer: {
      type: "Sequence",
      normalizers: [
        { type: "Prepend", prepend: "▁" },
        { type: "Replace", pattern: { String: " " }, content: "▁" },
      ],
    },
    pre_tokenizer: null,
    post_processor: {
      type: "TemplateProcessing",
      single: [{ SpecialToken: { id: "<s>", type_id: 0 } }, { Sequence: { id: "A", type_id: 0 } }],
      pair: [],
      special_tokens: { "<s>": { id: "<s>", ids: [vocab["<s>"]], tokens: ["<s>"] } },
    },
    decoder: null,
    model: { type: "BPE", unk_token: "<unk>", fuse_unk: true, byte_fallback: true, vocab, merges: [] },
  } as { readonly model: object };
}

let folder: string;
let tokenizer: Tokenizer;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "bayling-recipe-"));
  const json = tokenizerJson();
  await writeFile(path.join(folder, "tokenizer.json"), JSON.stringify(json));
  await writeFile(
    path.join(folder, "tokenizer_config.json"),
    JSON.stringify({ bos_token: "<s>", eos_token: "</s>", add_bos_token: true }),
  );
  tokenizer = await loadTokenizer(path.join(folder, "tokenizer.json"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const derivation = { kind: "reference", rule: "test", isMechanical: false } as const;
const provenance = { origins: [], engine: "rules", seed: 0, generator: "test" } as const;

function dialogue(index: number): Dialogue {
  const noun = index % 2 === 0 ? (["cat", "Katze"] as const) : (["dog", "Hund"] as const);
  const turn = (instruction: string, reply: string) => ({
    ...({ instruction, reply, checks: [], derivation, language: "en" } as const),
  });
  return {
    ...{ id: String(index), task: "interactive-translation", from: "en", to: "de", source: noun[0], provenance },
    turns: [turn(`Translate: the ${noun[0]}`, `die ${noun[1]}.`), turn("again", `Die ${noun[1]}`)],
  };
}

async function* dialogues(count: number, from = 0): AsyncGenerator<Dialogue> {
  for (let index = from; index < from + count; index++) yield dialogue(index);
}

describe("an encoded dialogue", () => {
  const messages: ChatMessage[] = [
    { role: "user", content: "the cat" },
    { role: "assistant", content: "die Katze" },
    { role: "user", content: "</s> again" },
    { role: "assistant", content: "Die Katze" },
  ];

  it.each(builtInTemplates.filter(({ controlTokens = [] }) => controlTokens.every((token) => token === "</s>")))(
    "is what sessions of $name will show, and replies are all that is learnt",
    (template) => {
      let encoded: ReturnType<typeof encodeDialogue>;
      try {
        encoded = encodeDialogue(messages, template, tokenizer);
      } catch (error) {
        // Templates whose replies end with a line, not a token, cannot be trained so.
        expect(error).toMatchObject({ code: "template-invalid", field: template.name });
        return;
      }
      const { tokens, isReply } = encoded!;
      const learnt = [...tokens].filter((_, index) => isReply[index] === 1);
      const text = tokenizer.decode(learnt, { special: true }).replace(/\s+/g, " ");
      expect(text.trim().replace(/ ?<\/s> ?/g, "|")).toBe("die Katze|Die Katze|");
      // The person's "</s>" stays text: two end tokens end two replies.
      expect([...tokens].filter((token) => token === tokenizer.eosToken).length).toBe(2);
      expect(isReply.at(-1)).toBe(1);
      expect(isReply[0]).toBe(0);
    },
  );

  it("refuses a template that ends replies with nothing", () => {
    const [bayling] = builtInTemplates.filter(({ name }) => name === "bayling");
    const endless = {
      ...bayling!,
      name: "endless",
      render: (...rendered: Parameters<NonNullable<typeof bayling>["render"]>) =>
        bayling!.render(...rendered).map((part) => ({ ...part, text: part.text.replace("</s>", "") })),
    };
    expect(() => encodeDialogue(messages, endless, tokenizer)).toThrow(/do not end with a token/);
  });
});

const shape = { hiddenSize: 32, layers: 2, heads: 4, keyValueHeads: 2, intermediateSize: 64 };
const settings = {
  ...{ contextLength: 192, batchRows: 2, microRows: 1, steps: 30, learningRate: 1e-2, warmupSteps: 2 },
  ...{ logEvery: 1, evaluateEvery: 10, checkpointEvery: 8 },
};

const recipe = (out: string, more: object = {}) =>
  writeRecipe({
    ...{ train: dialogues(40), valid: dialogues(4, 40), out: path.join(folder, out) },
    ...{ model: shape, tokenizer: folder, system: "", settings, ...more },
  });

describe("a recipe", () => {
  it("counts what it holds, and says what lost turns", async () => {
    const { train, valid } = await recipe("counted");
    expect([train.dialogues, valid.dialogues, train.shortened, train.leftOut]).toEqual([40, 4, 0, 0]);
    const starts = await readFile(path.join(folder, "counted/data/train.starts"));
    expect(starts.length).toBe(8 * 41);
    expect(Number(starts.readBigUInt64LE(8 * 40))).toBe(train.tokens);
    const loss = await readFile(path.join(folder, "counted/data/train.loss"));
    expect(loss.reduce((total, bit) => total + bit, 0)).toBe(train.replyTokens);
    const short = await recipe("short", { settings: { ...settings, contextLength: 90 } });
    expect(short.train).toMatchObject({ dialogues: 40, shortened: 40, leftOut: 0 });
    const told = await recipe("told", { system: undefined, settings: { ...settings, contextLength: 512 } });
    expect(told.train.tokens).toBeGreaterThan(train.tokens);
    expect(told.train.replyTokens).toBe(train.replyTokens);
  });

  it("refuses to take the place of another, sizes that no model has, and a model without a vocabulary", async () => {
    await recipe("twice");
    await expect(recipe("twice")).rejects.toMatchObject({ code: "sink-exists" });
    for (const wrong of [
      { hiddenSize: 33 },
      { heads: 5 },
      { keyValueHeads: 3 },
      { layers: 0 },
      { intermediateSize: 40 },
    ]) {
      await expect(recipe("wrong", { model: { ...shape, ...wrong } })).rejects.toMatchObject({
        code: "argument-invalid",
      });
    }
    await expect(recipe("wrong", { tokenizer: undefined })).rejects.toMatchObject({ field: "tokenizer" });
    await expect(recipe("wrong", { train: dialogues(0) })).rejects.toMatchObject({ field: "train" });
    const stopped = recipe("wrong", { signal: AbortSignal.abort(new Error("enough")) });
    await expect(stopped).rejects.toThrow("enough");
  });
});

const train = (name: string, ...options: string[]) =>
  run(python!, [path.join(folder, name, "train.py"), "--engine", "plain", "--threads", "1", ...options]);

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function losses(name: string): Promise<number[]> {
  const log = await readFile(path.join(folder, name, "run/log.jsonl"), "utf8");
  const entries = log
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { loss?: number });
  return entries.flatMap(({ loss }) => (loss === undefined ? [] : [loss]));
}

describe.skipIf(python === undefined)("training on the processor", () => {
  it("learns, goes on exactly where it was stopped, and writes a model that computes the same here", async () => {
    await recipe("whole");
    await train("whole");
    const whole = await losses("whole");
    expect(whole.length).toBe(30);
    expect(whole.at(-1)!).toBeLessThan(whole[0]! / 2);

    await recipe("stopped");
    // A checkpoint was written at 8; steps 9 to 11 are lost, and done again.
    await train("stopped", "--stop-after", "11");
    await train("stopped");
    expect(await losses("stopped")).toEqual(whole);
    const weights = (name: string) => readFile(path.join(folder, name, "run/model/model.safetensors"));
    expect((await weights("stopped")).equals(await weights("whole"))).toBe(true);

    const tokens = tokenizer.encode("Translate: the cat");
    const script = `
import json, sys
sys.path.insert(0, sys.argv[1])
import torch, train
from pathlib import Path
config = json.loads((Path(sys.argv[1]) / "config.json").read_text())["model"]
model, named = train.build_model(config, "plain", False)
train.load_base(named, Path(sys.argv[1]) / "run" / "model")
ids = torch.tensor([json.loads(sys.argv[2])])
positions = torch.arange(ids.size(1))[None]
seen = train.visible_positions(torch.ones_like(ids))
print(json.dumps(model.double()(ids, positions, seen, ids >= 0).tolist()))`;
    const { stdout } = await run(python!, ["-c", script, path.join(folder, "whole"), JSON.stringify(tokens)]);
    const expected = JSON.parse(stdout) as number[][];
    const model = await loadModel(path.join(folder, "whole/run/model"), { backend: cpu() });
    const translator = await createTranslator(model, { from: "en", to: "de" });
    expect(translator.template).toMatchObject({ name: "bayling", defaultSystemPrompt: "" });
    expect(translator.profile).toMatchObject({ name: "acts", languages: ["de", "en"], instructionLanguage: "en" });
    const sequence = await model.createSequence();
    for (const [index, token] of tokens.entries()) {
      const scores = await sequence.evaluate([token]);
      const [ours, theirs] = [logSoftmax(scores), logSoftmax(Float32Array.from(expected[index]!))];
      expect(Math.max(...ours.map((score, id) => Math.abs(score - theirs[id]!)))).toBeLessThan(1e-4);
    }
    await model.dispose();
  });

  it("leaves parts out and is less sure where that is asked for, the same after a stop", async () => {
    const cautious = { ...settings, steps: 12, dropout: 0.2, labelSmoothing: 0.1 };
    await recipe("cautious", { settings: cautious });
    await train("cautious");
    await recipe("cautious-stopped", { settings: cautious });
    await train("cautious-stopped", "--stop-after", "11");
    await train("cautious-stopped");
    expect(await losses("cautious-stopped")).toEqual(await losses("cautious"));
    for (const part of ["dropout", "labelSmoothing"]) {
      await recipe(`without-${part}`, { settings: { ...cautious, [part]: 0 } });
      await train(`without-${part}`);
      expect(await losses(`without-${part}`)).not.toEqual(await losses("cautious"));
    }
    await recipe("all-left-out", { settings: { ...cautious, dropout: 1 } });
    await expect(train("all-left-out")).rejects.toThrow(/dropout: expected a share/);
  });

  it("goes on from a checkpoint, and refuses one of another run", async () => {
    await recipe("base");
    await train("base");
    await recipe("tuned", { model: path.join(folder, "base/run/model"), tokenizer: undefined, template: "bayling" });
    await train("tuned");
    const longer = { ...settings, contextLength: 256 };
    await recipe("longer", { model: path.join(folder, "base/run/model"), template: "bayling", settings: longer });
    const { model } = JSON.parse(await readFile(path.join(folder, "longer/config.json"), "utf8"));
    expect(model.max_position_embeddings).toBe(256);
    // It goes on as the first one was taught.
    const again = await recipe("again", { model: path.join(folder, "base/run/model"), system: undefined });
    expect(again.train.tokens).toBe((await recipe("told-nothing")).train.tokens);
    const [first] = await losses("tuned");
    expect(first!).toBeLessThan((await losses("base"))[0]! / 2);
    await writeFile(
      path.join(folder, "tuned/config.json"),
      (await readFile(path.join(folder, "tuned/config.json"), "utf8")).replace('"seed": 0', '"seed": 1'),
    );
    await expect(train("tuned")).rejects.toThrow(/of a run with other settings/);
  });

  it("trains with two processes as with one", async () => {
    await recipe("alone", { settings: { ...settings, steps: 4, batchRows: 2 } });
    await train("alone");
    await recipe("two", { settings: { ...settings, steps: 4, batchRows: 1 } });
    // As torchrun starts them; the one of PyTorch 1.13 does not run on every Python.
    const world = { WORLD_SIZE: "2", MASTER_ADDR: "127.0.0.1", MASTER_PORT: String(await freePort()) };
    const script = [path.join(folder, "two/train.py"), "--engine", "plain", "--threads", "1"];
    const start = (rank: string) =>
      run(python!, script, { env: { ...process.env, ...world, RANK: rank, LOCAL_RANK: rank } });
    await Promise.all([start("0"), start("1")]);
    const [one, both] = [await losses("alone"), await losses("two")];
    for (const [step, loss] of one.entries()) expect(both[step]).toBeCloseTo(loss, 4);
  });
});
