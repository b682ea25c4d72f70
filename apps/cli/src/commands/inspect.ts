import {
  BayLingError,
  type GgufFile,
  type GgufMetadata,
  isFolder,
  type LoadedModel,
  openModelFiles,
  planMemory,
  printGraph,
  readGguf,
  readGgufModel,
} from "@bayling/core";
import type { Command } from "commander";
import type { Context } from "../context.ts";
import { examples } from "../help.ts";
import { summarizeFolder, tensorsOfFolder } from "../inspect/folder-summary.ts";
import { metadataToJson, printMetadata } from "../inspect/metadata-values.ts";
import { type ModelSummary, summarize } from "../inspect/model-summary.ts";
import { printMemory, printSummary } from "../inspect/print-summary.ts";
import { type ListedTensor, printTensors } from "../inspect/print-tensors.ts";
import { modelArgument } from "../options/model-options.ts";
import { integer } from "../options/parsers.ts";
import { visible } from "../output/text-width.ts";

interface InspectFlags {
  readonly context?: number;
  readonly tensors?: true;
  readonly metadata?: true;
  readonly graph?: true;
  readonly json?: true;
}

const defaultContextLength = 4096;

export function addInspect(program: Command, context: Context): void {
  program
    .command("inspect")
    .summary("show what a model's files hold and the memory it needs")
    .description(
      "Shows what a GGUF file or a folder of safetensors holds: architecture, sizes, quantization, tokenizer, and the memory that the model needs. " +
        "Reads only the header, so it takes a moment for a file of any size, also over the network.",
    )
    .argument(...modelArgument)
    .option("--context <n>", "plan memory for n tokens (default: what the model knows, at most 4096)", integer(1))
    .option("--tensors", "list all tensors: name, type, shape, bytes, offset")
    .option("--metadata", "list all keys of the header; long values are shortened")
    .option("--graph", "print the operations that run for every token")
    .option("--json", "print one JSON document")
    .addHelpText(
      "after",
      examples(context.terminal, [
        ["bayling inspect model.gguf", "the essentials"],
        ["bayling inspect model.gguf --context 32768", "will it fit with a long context?"],
        ["bayling inspect path/to/folder", "config.json, safetensors and tokenizer, side by side"],
        ["bayling inspect model.gguf --tensors | grep Q6_K", "which tensors have a certain type?"],
        ["bayling inspect model.gguf --json --metadata | jq .metadata", "for programs"],
      ]),
    )
    .action((source: string, flags: InspectFlags) =>
      context.interrupts.during(async (signal) => {
        if (await isFolder(source)) {
          const files = await openModelFiles(source, { signal });
          const { loaded: model, metadata } = files;
          await files.dispose();
          const summary = summarizeFolder(files);
          return show({ summary, model, metadata, tensors: tensorsOfFolder(files) }, flags, context);
        }
        const file = await readGguf(source, { signal });
        try {
          const model = await readModel(file, signal);
          const tensors = [...file.tensors.values()];
          await show({ summary: summarize(file), model, metadata: file.metadata, tensors }, flags, context);
        } finally {
          await file.dispose();
        }
      }),
    );
}

interface Inspected {
  readonly summary: ModelSummary;
  /** The model, or why it cannot be run. */
  readonly model: LoadedModel | BayLingError;
  readonly metadata: GgufMetadata;
  readonly tensors: readonly ListedTensor[];
}

async function show(
  { summary, model, metadata, tensors }: Inspected,
  flags: InspectFlags,
  context: Context,
): Promise<void> {
  const contextLength = flags.context ?? Math.min(summary.contextLength ?? defaultContextLength, defaultContextLength);
  const unsupported = BayLingError.isInstance(model) ? model : undefined;
  const loaded = BayLingError.isInstance(model) ? undefined : model;
  const memory = loaded && planMemory(loaded.graph, loaded.weights, { contextLength });

  if (flags.json === true) {
    await context.terminal.printJson({
      ...summary,
      supported: unsupported === undefined,
      ...(unsupported && { problem: { code: unsupported.code, message: unsupported.message } }),
      ...(memory && { memory: { contextLength, ...memory } }),
      ...(flags.metadata && { metadata: metadataToJson(metadata) }),
      ...(flags.tensors && { tensorList: tensors }),
      ...(flags.graph && loaded && { graph: loaded.graph.nodes }),
    });
  } else {
    const { terminal } = context;
    const title = (text: string) => ["", terminal.paint("bold", text)];
    await terminal.print(
      ...printSummary(summary, terminal),
      ...(memory ? ["", ...printMemory(memory, contextLength, loaded!.config.maxPositionEmbeddings, terminal)] : []),
      ...(unsupported ? ["", ...explain(unsupported, summary, context)] : []),
      ...(flags.metadata ? [...title("Metadata"), ...printMetadata(metadata, terminal)] : []),
      ...(flags.tensors ? [...title("Tensors"), ...printTensors(tensors, terminal)] : []),
      ...(flags.graph && loaded ? [...title("Graph"), ...printGraph(loaded.graph).split("\n")] : []),
    );
  }
  if (flags.graph === true && unsupported !== undefined) throw unsupported;
}

/** The model, or why it cannot be run. */
async function readModel(file: GgufFile, signal: AbortSignal): Promise<LoadedModel | BayLingError> {
  try {
    return await readGgufModel(file, signal);
  } catch (error) {
    if (BayLingError.isInstance(error) && !error.code.startsWith("source-")) return error;
    throw error;
  }
}

function explain(error: BayLingError, { tensors }: ModelSummary, { terminal: { paint } }: Context): string[] {
  if (tensors === 0)
    return [paint("yellow", "There is nothing to run in it. `bayling tokenize` can use its vocabulary.")];
  return [
    paint(["yellow", "bold"], "This program cannot run it"),
    `  ${visible(error.message)} ${paint("dim", `[${error.code}]`)}`,
  ];
}
