import path from "node:path";
import { type Command, Option } from "commander";
import { UsageError } from "../exit-codes.ts";
import { collect } from "../options/parsers.ts";

/** A system under test, as it is written on the command line: `[name=]place`. */
export interface NamedSystem {
  readonly name: string;
  readonly place: SystemPlace;
}

export type SystemPlace =
  /** A model of ours; with `guided`, as sessions drive it, or else as it replies by itself. */
  | { readonly kind: "model"; readonly source: string; readonly guided: boolean }
  | { readonly kind: "endpoint"; readonly url: string; readonly model: string };

export interface SystemFlags {
  readonly system?: readonly string[];
}

/** The option that names systems. */
export function addSystemOption(command: Command): Command {
  return command.addOption(
    new Option(
      "--system <[name=]place>",
      "a system under test, several times for several: model.gguf or a folder (steered by its session), " +
        "chat:model.gguf (by words alone), or http://host/v1#model (any OpenAI-compatible endpoint; its key in OPENAI_API_KEY)",
    ).argParser(collect),
  );
}

/** @throws UsageError for what is no place, and for two systems of one name */
export function parseSystems(texts: readonly string[] = []): NamedSystem[] {
  const systems = texts.map(parseSystem);
  const twice = systems.find(({ name }, index) => systems.findIndex((other) => other.name === name) !== index);
  if (twice !== undefined) throw new UsageError(`two systems are called ${twice.name}: name them with --system name=…`);
  return systems;
}

function parseSystem(text: string): NamedSystem {
  // A name has no slash, dot or colon before its equals sign; a URL has.
  const [, name, rest] = /^([^/:.=]+)=(.+)$/su.exec(text) ?? [undefined, undefined, text];
  if (/^https?:\/\//iu.test(rest)) {
    const [url = "", model = ""] = rest.split("#");
    if (!URL.canParse(url) || model === "") {
      throw new UsageError(`"${rest}" is no endpoint: write http://host/v1#model`);
    }
    return { name: name ?? model, place: { kind: "endpoint", url, model } };
  }
  const guided = !rest.startsWith("chat:");
  const source = guided ? rest : rest.slice("chat:".length);
  if (source === "") throw new UsageError(`"${text}" names no model`);
  const base = path.basename(source).replace(/\.gguf$/iu, "");
  return { name: name ?? (guided ? base : `${base} (chat)`), place: { kind: "model", source, guided } };
}
