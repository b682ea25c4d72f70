import { type Command, Option } from "commander";
import { type BackendName, backendNames } from "../backends.ts";
import { integer } from "./parsers.ts";

/** The options of {@link addModelOptions} as they are parsed. */
export interface ModelFlags {
  readonly context?: number;
  readonly backend: BackendName;
}

export const modelArgument = ["<model>", "a .gguf file: a path, a URL, or the first part of a split one"] as const;

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
    .addOption(
      new Option("--backend <name>", "what computes: the processor, or the GPU")
        .choices(backendNames)
        .default("cpu")
        .helpGroup(heading),
    );
}
