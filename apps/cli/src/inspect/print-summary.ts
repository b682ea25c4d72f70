import type { MemoryPlan } from "@bayling/core";
import { formatBytes, formatCount, plural, threeDigits } from "../output/numbers.ts";
import { alignColumns } from "../output/table.ts";
import type { Terminal } from "../output/terminal.ts";
import { shorten, visible } from "../output/text-width.ts";
import type { ModelSummary, SpecialToken, TokenizerSummary } from "./model-summary.ts";

type Fact = readonly [label: string, value: string | undefined];

const labelWidth = 14;
const barWidth = 24;

/** The header of a file for people. */
export function printSummary(summary: ModelSummary, terminal: Terminal): string[] {
  const { file } = summary;
  const parts = file.parts > 1 ? ` in ${file.parts} files` : "";
  return [
    terminal.paint("bold", visible(file.name)),
    ...facts(terminal, [
      [
        "file",
        `${file.version === undefined ? "safetensors" : `GGUF version ${file.version}`}, ${formatBytes(file.bytes)}${parts}`,
      ],
      ["name", summary.name],
      ["architecture", summary.architecture ?? "not said"],
      ["license", summary.license],
      ["size", sizeLine(summary)],
      ["layers", layersLine(summary)],
      ["attention", attentionLine(summary)],
      ["context", contextLine(summary)],
      ["experts", summary.experts === undefined || summary.experts === 0 ? undefined : String(summary.experts)],
      ["tokenizer", summary.tokenizer === undefined ? "none" : tokenizerLine(summary.tokenizer)],
      ["special tokens", summary.tokenizer && specialTokensLine(summary.tokenizer)],
      ["chat template", summary.tokenizer?.hasChatTemplate === true ? "yes" : "none"],
    ]),
    "",
    terminal.paint("bold", "Weights"),
    ...weightLines(summary, terminal),
  ];
}

/** What the model takes in memory. @param known the context that the model was made for */
export function printMemory(plan: MemoryPlan, contextLength: number, known: number, terminal: Terminal): string[] {
  const { paint } = terminal;
  const beyond =
    contextLength > known ? ` ${paint("yellow", `(more than the ${known} that the model was made for)`)}` : "";
  const rows = [
    ["weights", plan.weightBytes, "as they are in the file"],
    ["KV cache", plan.kvCacheBytes, "one text, 4 bytes a number"],
    ["activations", plan.activationBytes, "an estimate"],
    ["total", plan.totalBytes, ""],
  ] as const;
  const lines = alignColumns(
    rows.map(([label, bytes, hint]) => [
      `  ${paint("dim", label.padEnd(labelWidth))}`,
      formatBytes(bytes),
      paint("dim", hint),
    ]),
    [{}, { align: "right" }],
  );
  return [`${paint("bold", `Memory for a context of ${plural(contextLength, "token")}`)}${beyond}`, ...lines];
}

function facts({ paint, width }: Terminal, lines: readonly Fact[]): string[] {
  return lines
    .filter((fact): fact is readonly [string, string] => fact[1] !== undefined)
    .map(([label, value]) => {
      const shown = shorten(visible(value), width - labelWidth - 4);
      return `  ${paint("dim", label.padEnd(labelWidth))}  ${shown}`;
    });
}

function sizeLine({ parameters, bitsPerWeight }: ModelSummary): string | undefined {
  if (bitsPerWeight === undefined) return undefined;
  return `${formatCount(parameters)} parameters, ${bitsPerWeight.toFixed(2)} bits each`;
}

function layersLine({ layers, hiddenSize, feedForwardSize }: ModelSummary): string | undefined {
  if (layers === undefined) return undefined;
  const width = hiddenSize === undefined ? "" : `, ${hiddenSize} wide`;
  return `${layers}${width}${feedForwardSize === undefined ? "" : `, ${feedForwardSize} within the feed-forward part`}`;
}

function attentionLine({ heads, keyValueHeads, hiddenSize }: ModelSummary): string | undefined {
  if (heads === undefined) return undefined;
  const over =
    keyValueHeads === undefined || keyValueHeads === heads ? "" : ` over ${keyValueHeads} of keys and values`;
  const size = hiddenSize === undefined ? "" : `, ${threeDigits(hiddenSize / heads).replace(/\.?0+$/, "")} wide`;
  return `${plural(heads, "head")}${over}${size}`;
}

function contextLine({ contextLength, slidingWindow, ropeTheta, ropeScaling }: ModelSummary): string | undefined {
  if (contextLength === undefined) return undefined;
  const window = slidingWindow === undefined || slidingWindow === 0 ? "" : `, window of ${slidingWindow}`;
  const scaling = ropeScaling === undefined || ropeScaling === "none" ? "" : `, ${ropeScaling} scaling`;
  const theta = ropeTheta === undefined ? "" : `, RoPE base ${ropeTheta}${scaling}`;
  return `${plural(contextLength, "token")}${window}${theta}`;
}

function tokenizerLine({ model, preTokenizer, tokens }: TokenizerSummary): string {
  const kinds: Readonly<Record<string, string>> = { llama: "SentencePiece BPE", gpt2: "byte-level BPE" };
  const kind = kinds[model] ?? model;
  const pre = preTokenizer === undefined || preTokenizer === "default" ? "" : ` (${preTokenizer})`;
  return `${kind}${pre}${tokens === undefined ? "" : `, ${plural(tokens, "token")}`}`;
}

function specialTokensLine({ bos, eos, addsBos }: TokenizerSummary): string | undefined {
  const begins = bos && `begins with ${tokenLine(bos)}${addsBos === false ? " (not added)" : ""}`;
  const ends = eos && `ends with ${tokenLine(eos)}`;
  return begins === undefined && ends === undefined ? undefined : [begins, ends].filter(Boolean).join(", ");
}

function tokenLine({ id, text }: SpecialToken): string {
  return text === undefined ? String(id) : `${id} ${text.trim()}`;
}

function weightLines({ types, tensors }: ModelSummary, { paint }: Terminal): string[] {
  if (tensors === 0) return [`  ${paint("dim", "none: this file holds a vocabulary only")}`];
  const total = types.reduce((sum, { bytes }) => sum + bytes, 0);
  return alignColumns(
    types.map(({ type, tensors: count, bytes }) => {
      const filled = Math.max(1, Math.round((barWidth * bytes) / total));
      const bar = paint("cyan", "━".repeat(filled));
      const share = `${Math.round((100 * bytes) / total)} %`;
      return [`  ${type.padEnd(labelWidth)}`, plural(count, "tensor"), formatBytes(bytes), share, bar];
    }),
    [{}, { align: "right" }, { align: "right" }, { align: "right" }],
  );
}
