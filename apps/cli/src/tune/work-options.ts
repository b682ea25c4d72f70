import { parseShard, type Shard } from "@bayling/tuning";
import { type Command, Option } from "commander";

export interface WorkFlags {
  readonly work: string;
  readonly overwrite?: true;
  readonly json?: true;
}

/** Options of every stage. */
export function addWorkOptions(command: Command): Command {
  return command
    .addOption(new Option("--work <folder>", "the work folder").makeOptionMandatory())
    .option("--overwrite", "begin the stage anew, and those after it: after a change of options")
    .option("--json", "print one JSON document");
}

export interface ShardFlags {
  readonly shard?: Shard;
}

export function shardOption(): Option {
  return new Option("--shard <i/n>", "do the i-th of n equal parts, as one task of a cluster").argParser(parseShard);
}
