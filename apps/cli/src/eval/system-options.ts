import { type Command, Option } from "commander";
import { addModelOptions } from "../options/model-options.ts";
import { decimal, integer } from "../options/parsers.ts";
import { addSystemOption } from "./system-names.ts";

/** Options that say which systems are under test, and how they write. */
export function addSystemOptions(command: Command): Command {
  addSystemOption(command);
  const heading = "How systems write:";
  const options = [
    new Option("--max-tokens <n>", "a reply is cut there (default: 1024, or what a translation needs)").argParser(
      integer(1),
    ),
    new Option("--temperature <t>", "0 takes the most probable (default: 0)").argParser(decimal),
    new Option("--beams <n>", "beam search of local models (default: as they were taught)").argParser(integer(1)),
    new Option("--concurrency <n>", "replies in the making at once (default: 4)").argParser(integer(1, 1024)),
    new Option("--template <name>", "how dialogues with local models are written (default: as they were taught)"),
    new Option("--profile <name>", "how translations are asked for: bayling, chat … (default: by the model's name)"),
  ];
  for (const option of options) command.addOption(option.helpGroup(heading));
  return addModelOptions(command);
}
