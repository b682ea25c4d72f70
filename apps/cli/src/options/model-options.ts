import type { AdapterInput } from "@bayling/core";
import { type Command, Option } from "commander";
import { type BackendName, backendNames, type LlamaFlags } from "../backends.ts";
import { adapterOption } from "./adapter-option.ts";
import { integer } from "./parsers.ts";

/** The options of {@link addModelOptions} as they are parsed. */
export interface ModelFlags extends LlamaFlags {
  readonly context?: number;
  readonly backend: BackendName;
  readonly adapter?: readonly AdapterInput[];
}

export const modelArgument = [
  "<model>",
  "a .gguf file (of a split one the first part), or a folder of Hugging Face: a path or a URL",
] as const;

/**
 * Options that say how to load a model.
 * @param contextFlag the name of the one that says how many tokens fit
 */
export function addModelOptions(command: Command, contextFlag = "--context"): Command {
  const heading = "How to load:";
  return command
    .addOption(
      new Option(`${contextFlag} <n>`, "tokens that fit, prompt included (default: what the model knows, at most 4096)")
        .argParser(integer(1))
        .helpGroup(heading),
    )
    .addOption(adapterOption().helpGroup(heading))
    .addOption(
      new Option("--backend <name>", "what computes: JavaScript, the GPU through WebGPU, or llama.cpp (cuda)")
        .choices(backendNames)
        .default("cpu")
        .helpGroup(heading),
    )
    .addOption(
      new Option("--device <name>", "with --backend cuda: what llama.cpp runs on (default: auto, the best there is)")
        .choices(["auto", "cuda", "vulkan", "metal", "cpu"])
        .helpGroup(heading),
    )
    .addOption(
      new Option("--gpu-layers <n>", "with --backend cuda: layers on the GPU (default: as many as fit)")
        .argParser(integer(0))
        .helpGroup(heading),
    )
    .addOption(
      new Option("--threads <n>", "with --backend cuda: threads of the processor (default: its cores, less one)")
        .argParser(integer(1, 512))
        .helpGroup(heading),
    );
}
