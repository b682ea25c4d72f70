import fs from "node:fs/promises";
import type { KernelSummary, TierReport, WebGpuProfile } from "@bayling/backend-webgpu";

import type { GenerateOptions, Model } from "@bayling/core";
import { type Command, InvalidArgumentError, Option } from "commander";
import { type BackendName, backendNames, type GpuReports, namesOf } from "../backends.ts";
import { type BenchSizes, chooseSizes, type SizeFlags } from "../bench/bench-sizes.ts";
import { compareBackends, usualComparison } from "../bench/comparison.ts";
import { describeMachine, type Machine } from "../bench/machine.ts";
import { type Measurement, measure, modelContestant, type Phase, somePrompt } from "../bench/measure.ts";
import { measureShowing } from "../bench/measure-showing.ts";
import { printComparison } from "../bench/print-comparison.ts";
import type { Context } from "../context.ts";
import { UsageError } from "../exit-codes.ts";
import { examples } from "../help.ts";
import { openModel, sequencesFor } from "../open-model.ts";
import { addSamplingOptions, type GenerationFlags, toGenerateOptions } from "../options/generation-options.ts";
import { addModelOptions, type ModelFlags, modelArgument } from "../options/model-options.ts";
import { integer } from "../options/parsers.ts";
import { fileName } from "../output/file-name.ts";
import { formatBytes, formatCount, formatSeconds, median, plural, threeDigits } from "../output/numbers.ts";
import { alignColumns } from "../output/table.ts";
import type { Terminal } from "../output/terminal.ts";
import { visible } from "../output/text-width.ts";

interface BenchFlags extends ModelFlags, GenerationFlags, SizeFlags {
  readonly backends?: readonly BackendName[];
  readonly peer?: true;
  readonly trace?: string;
  readonly json?: true;
}

/** What a run of `bench` found. */
interface BenchReport {
  readonly model: { readonly source: string; readonly name: string | undefined; readonly parameters: number };
  readonly backend: string;
  readonly contextLength: number;
  readonly machine: Machine;
  readonly loadSeconds: number;
  readonly firstTokenSeconds: number;
  readonly measurement: Measurement;
  /** How the GPU multiplies. */
  readonly tier?: TierReport | undefined;
  /** Of decoding on the GPU, measured apart, since it slows down the whole. */
  readonly kernels?: KernelProfile | undefined;
  /** Of this process, after the last repetition. */
  readonly memory: { readonly residentBytes: number; readonly heapBytes: number; readonly bufferBytes: number };
}

interface KernelProfile {
  readonly kernels: readonly KernelSummary[];
  /** Bytes a second that the GPU copies, reading and writing counted. */
  readonly copyBandwidth: number | undefined;
}

const usual = { prefill: 128, decode: 64 } as const;

export function addBench(program: Command, context: Context): void {
  const command = program
    .command("bench")
    .summary("measure how fast a model runs here")
    .description(
      "Measures how fast a model reads a prompt (prefill) and writes (decode) on this machine, how long it loads and " +
        "what memory it takes. The median of several repetitions counts; one before them does not.",
    )
    .argument(...modelArgument)
    .option(
      "--prefill <n>",
      `tokens of the prompt (default: ${usual.prefill}, to compare ${usualComparison.prefill}, or what fits)`,
      integer(1),
    )
    .option(
      "--decode <n>",
      `tokens to write (default: ${usual.decode}, to compare ${usualComparison.decode}, or what fits)`,
      integer(1),
    )
    .option("--repetitions <n>", "how often to measure", integer(1), 5)
    .option("--trace <file>", "with --backend webgpu: write when each kernel ran, for chrome://tracing")
    .addOption(
      new Option("--backends <names>", "compare several in one run, with commas between them").argParser(backendList),
    )
    .option("--peer", "compare with node-llama-cpp used bare, with the settings of --backend cuda")
    .option("--json", "print one JSON document");
  addModelOptions(command);
  addSamplingOptions(command, { temperature: "0", minP: "0, all" });
  command
    .addHelpText(
      "after",
      examples(context.terminal, [
        ["bayling bench model.gguf", "the usual sizes"],
        ["bayling bench model.gguf --prefill 1024 --decode 256 --repetitions 3", "a longer text"],
        ["bayling bench model.gguf --backend webgpu", "on the GPU, with the times of its kernels"],
        ["bayling bench model.gguf --backends cpu,webgpu,cuda --peer", "a table of all, beside node-llama-cpp"],
        ["bayling bench model.gguf --json > bench.json", "to compare later"],
      ]),
    )
    .action((source: string, flags: BenchFlags) =>
      context.interrupts.during(async (signal) => {
        if (flags.backends !== undefined || flags.peer === true) return compare(context, source, flags, signal);
        const sequences = sequencesFor(flags.beams) + 1;
        const { model, loadSeconds, gpu } = await openModel(context, source, flags, { sequences, signal });
        try {
          const report = await bench(model, { source, flags, loadSeconds, gpu, signal }, context.terminal);
          if (flags.json === true) await context.terminal.printJson(toJson(report));
          else await context.terminal.print(...printReport(report, context.terminal));
        } finally {
          await model.dispose();
        }
      }),
    );
}

async function compare(context: Context, source: string, flags: BenchFlags, signal: AbortSignal): Promise<void> {
  const { backends = [flags.backend], peer = false } = flags;
  const foreign = namesOf(flags)[0];
  if (foreign !== undefined && !peer && !backends.includes("cuda")) throw new UsageError(`${foreign} needs cuda`);
  if (flags.adapter !== undefined && peer) throw new UsageError("--peer measures the model without --adapter");
  if (flags.trace !== undefined) throw new UsageError("--trace is for one backend, not for a comparison");
  const report = await compareBackends(context, source, { ...flags, backends, peer }, signal);
  if (flags.json === true) await context.terminal.printJson(report);
  else await context.terminal.print(...printComparison(report, context.terminal));
}

function backendList(text: string): readonly BackendName[] {
  const names = text.split(",").map((name) => name.trim());
  const unknown = names.find((name) => !backendNames.includes(name as BackendName));
  if (unknown === undefined) return [...new Set(names as BackendName[])];
  throw new InvalidArgumentError(`Expected some of ${backendNames.join(", ")}.`);
}

async function bench(
  model: Model,
  {
    source,
    flags,
    loadSeconds,
    gpu,
    signal,
  }: {
    source: string;
    flags: BenchFlags;
    loadSeconds: number;
    gpu: GpuReports | undefined;
    signal: AbortSignal;
  },
  terminal: Terminal,
): Promise<BenchReport> {
  const sizes = chooseSizes(flags, model.contextLength, usual);
  const options = { ...toGenerateOptions(flags), stop: undefined, maxTokens: undefined, signal };
  const contestant = modelContestant(model, options);
  const prompt = somePrompt(model, sizes.prefillTokens);
  const measurement = await measureShowing(terminal, contestant, prompt, sizes);
  const kernels = gpu && (await profileKernels(model, gpu.profile, sizes, options));
  if (flags.trace !== undefined) await writeTrace(flags.trace, gpu?.profile);
  const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
  return {
    model: { source, name: model.config.name, parameters: countParameters(model) },
    backend: model.backendId,
    contextLength: model.contextLength,
    machine: describeMachine(),
    loadSeconds,
    firstTokenSeconds: median(measurement.prefill.seconds),
    measurement,
    kernels,
    tier: gpu?.tier,
    memory: { residentBytes: rss, heapBytes: heapUsed, bufferBytes: arrayBuffers },
  };
}

/** One repetition more, with the times of all kernels. */
async function profileKernels(
  model: Model,
  profile: WebGpuProfile,
  sizes: BenchSizes,
  options: GenerateOptions,
): Promise<KernelProfile> {
  const prompt = somePrompt(model, sizes.prefillTokens);
  await measure(modelContestant(model, options), prompt, { ...sizes, repetitions: 1 }, (repetition) => {
    profile.enabled = repetition > 0;
  }).finally(() => {
    profile.enabled = false;
  });
  return { kernels: profile.summarize(), copyBandwidth: profile.copyBandwidth };
}

async function writeTrace(file: string, profile: WebGpuProfile | undefined): Promise<void> {
  if (profile === undefined) throw new UsageError("--trace needs --backend webgpu");
  await fs.writeFile(file, JSON.stringify(profile.toChromeTrace()));
}

function countParameters({ graph }: Model): number {
  return graph.weights.reduce((sum, { shape: [rows, columns = 1] }) => sum + rows * columns, 0);
}

function toJson({ measurement, ...report }: BenchReport): object {
  return { ...report, prefill: measurement.prefill, decode: measurement.decode };
}

function printReport(report: BenchReport, { paint }: Terminal): string[] {
  const { model, machine, tier, memory, measurement } = report;
  const row = (label: string, { tokens, seconds, tokensPerSecond }: Phase) => [
    `  ${label}`,
    String(tokens),
    formatSeconds(median(seconds)),
    paint(["bold", "green"], threeDigits(tokensPerSecond)),
    threeDigits(tokens / Math.max(...seconds)),
    threeDigits(tokens / Math.min(...seconds)),
  ];
  const titles = ["  phase", "tokens", "time", "tokens/s", "slowest", "fastest"].map((title) => paint("dim", title));
  const right = { align: "right" } as const;
  const repetitions = plural(measurement.decode.seconds.length, "repetition");
  const fact = (label: string, value: string) => `  ${paint("dim", label.padEnd(12))}  ${value}`;
  return [
    `${paint("bold", visible(fileName(model.source)))}  ${formatCount(model.parameters)} parameters, on ${report.backend}`,
    fact(
      "machine",
      `${machine.processor}, ${plural(machine.cores, "core")}, ${machine.platform}, Node ${machine.node}`,
    ),
    ...(tier === undefined ? [] : [fact("gpu", [tier.gpu, ...tier.used].join(", "))]),
    "",
    ...alignColumns(
      [titles, row("prefill", measurement.prefill), row("decode", measurement.decode)],
      [{}, right, right, right, right, right],
    ),
    `  ${paint("dim", `medians of ${repetitions}, context ${report.contextLength}`)}`,
    "",
    ...printKernels(report.kernels, paint),
    fact("load", formatSeconds(report.loadSeconds)),
    fact(
      "first token",
      `${formatSeconds(report.firstTokenSeconds)} after a prompt of ${plural(measurement.prefill.tokens, "token")}`,
    ),
    fact(
      "memory",
      `${formatBytes(memory.residentBytes)} resident, ${formatBytes(memory.heapBytes)} of JavaScript heap, ` +
        `${formatBytes(memory.bufferBytes)} of buffers`,
    ),
  ];
}

/** Kernels by the time they took, the longest first. */
function printKernels(profile: KernelProfile | undefined, paint: Terminal["paint"]): string[] {
  if (profile === undefined) return [];
  const { kernels, copyBandwidth } = profile;
  if (kernels.length === 0) return [`  ${paint("dim", "the GPU has no timestamps, so no times of kernels")}`, ""];
  const titles = ["  kernel", "runs", "ms", "share", "GB/s"].map((title) => paint("dim", title));
  const right = { align: "right" } as const;
  const rows = kernels.map(({ name, runs, milliseconds, share, gigabytesPerSecond }) => [
    `  ${visible(name)}`,
    String(runs),
    threeDigits(milliseconds),
    `${(share * 100).toFixed(1)} %`,
    gigabytesPerSecond === 0 ? "" : threeDigits(gigabytesPerSecond),
  ]);
  const copies =
    copyBandwidth === undefined ? [] : [`  ${paint("dim", `a copy moves ${threeDigits(copyBandwidth / 1e9)} GB/s`)}`];
  return [...alignColumns([titles, ...rows], [{}, right, right, right, right]), ...copies, ""];
}
