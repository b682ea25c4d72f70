import {
  type BudgetLimits,
  beginAnew,
  costOf,
  defaultTeachPlan,
  endpointTeacher,
  estimateTeachingOf,
  modelTeacher,
  type Price,
  type Teacher,
  type TeachOptions,
  type TeachPlan,
  taughtActKinds,
  teachDialogues,
} from "@bayling/tuning";
import { type Command, InvalidArgumentError, Option } from "commander";
import type { Context } from "../context.ts";
import { UsageError } from "../exit-codes.ts";
import { examples } from "../help.ts";
import { openModel } from "../open-model.ts";
import { addModelOptions, type ModelFlags } from "../options/model-options.ts";
import { decimal, integer } from "../options/parsers.ts";
import { formatSeconds, threeDigits } from "../output/numbers.ts";
import { ProgressLine } from "../output/progress-line.ts";
import type { Terminal } from "../output/terminal.ts";
import { instructionLanguages } from "./generate.ts";
import { grouped } from "./grouped.ts";
import { addWorkOptions, type ShardFlags, shardOption, type WorkFlags } from "./work-options.ts";

interface TeachFlags extends ShardFlags, ModelFlags {
  readonly endpoint?: string;
  readonly model?: string;
  readonly template?: string;
  readonly concurrency?: number;
  readonly retries?: number;
  readonly timeout?: number;
  readonly jsonMode?: true;
  readonly requestsPerMinute?: number;
  readonly tokensPerMinute?: number;
  readonly share?: number;
  readonly turns?: number;
  readonly acts?: readonly string[];
  readonly languages?: TeachPlan["instructionLanguages"];
  readonly attempts?: number;
  readonly judge?: number;
  readonly temperature?: number;
  readonly seed?: number;
  readonly maxTokens?: number;
  readonly maxCost?: number;
  readonly price?: Price;
  readonly dryRun?: true;
}

export function addTeach(group: Command, context: Context): void {
  const command = group
    .command("teach")
    .summary("let a language model write what rules cannot")
    .description(
      "Lets a teacher write replies that no rule can make: explanations, other registers, free changes. Every reply passes " +
        "the same checks. Replies are kept, so nothing is paid for twice; a run that is stopped, fails or has spent its " +
        "budget goes on when the same command is given again. A key is taken from OPENAI_API_KEY.",
    );
  addWorkOptions(command);
  const plan = defaultTeachPlan;
  const [who, what, limits] = ["Who teaches:", "What is taught:", "Limits:"];
  const options: readonly (readonly [string, Option])[] = [
    [who, new Option("--endpoint <url>", "an OpenAI-compatible API, with its version: http://127.0.0.1:8000/v1")],
    [who, new Option("--model <name>", "of the endpoint; without an endpoint a model of this machine: a path")],
    [who, new Option("--template <name>", "of a model of this machine (default: its own)")],
    [who, new Option("--concurrency <n>", "questions at a time (default: 4)").argParser(integer(1, 1000))],
    [who, new Option("--retries <n>", "tries after the first (default: 6)").argParser(integer(0, 100))],
    [who, new Option("--timeout <seconds>", "for a try (default: 120)").argParser(integer(1))],
    [who, new Option("--json-mode", "ask the endpoint for JSON by response_format too")],
    [what, new Option("--share <share>", `of the pairs (default: ${plan.share})`).argParser(decimal)],
    [
      what,
      new Option("--turns <n>", `after the translation, at most (default: ${plan.turns})`).argParser(integer(1, 9)),
    ],
    [what, new Option("--acts <list>", `of ${taughtActKinds.join(", ")} (default: all)`).argParser(list)],
    [what, new Option("--languages <list>", "of instructions (default: en,zh,de)").argParser(instructionLanguages)],
    [what, new Option("--attempts <n>", `tries for each turn (default: ${plan.attempts})`).argParser(integer(1, 9))],
    [
      what,
      new Option("--judge <score>", "let it score replies too, 1 to 5, and keep those from here on").argParser(
        integer(1, 5),
      ),
    ],
    [what, new Option("--temperature <n>", `of replies (default: ${plan.temperature})`).argParser(decimal)],
    [what, new Option("--seed <n>", "chooses pairs and acts (default: 0)").argParser(integer(0, 2 ** 32 - 1))],
    [limits, new Option("--max-tokens <n>", "sent and received, of this shard in all its runs").argParser(integer(1))],
    [limits, new Option("--max-cost <n>", "the same in money; needs --price").argParser(decimal)],
    [limits, new Option("--price <in,out>", "of a million tokens").argParser(price)],
    [limits, new Option("--requests-per-minute <n>", "at most").argParser(integer(1))],
    [limits, new Option("--tokens-per-minute <n>", "at most").argParser(integer(1))],
    [limits, new Option("--dry-run", "ask nobody; say what it would come to")],
  ];
  for (const [heading, option] of options) command.addOption(option.helpGroup(heading));
  addModelOptions(command)
    .addOption(shardOption())
    .addHelpText(
      "after",
      examples(context.terminal, [
        [
          "bayling tune teach --work work --endpoint http://127.0.0.1:8000/v1 --model qwen --dry-run --price 0.1,0.4",
          "what it costs",
        ],
        ["bayling tune teach --work work --endpoint http://127.0.0.1:8000/v1 --model qwen --judge 4", "a vLLM server"],
        ["bayling tune teach --work work --model teacher.gguf --backend cuda --share 0.01", "a model of this machine"],
      ]),
    )
    .action((flags: WorkFlags & TeachFlags) => context.interrupts.during((signal) => teach(flags, context, signal)));
}

async function teach(flags: WorkFlags & TeachFlags, context: Context, signal: AbortSignal): Promise<void> {
  const { terminal } = context;
  const { share, turns, acts, languages, attempts, judge, temperature, seed } = flags;
  const plan = { share, turns, acts, instructionLanguages: languages, attempts, judge, temperature, seed };
  const wanted = Object.fromEntries(
    Object.entries(plan).filter(([, value]) => value !== undefined),
  ) as Partial<TeachPlan>;
  if (flags.dryRun === true) {
    await estimate(flags, wanted, terminal, signal);
    return;
  }
  const budget: BudgetLimits = { tokens: flags.maxTokens, money: flags.maxCost, price: flags.price };
  const rate = { requestsPerMinute: flags.requestsPerMinute, tokensPerMinute: flags.tokensPerMinute };
  const { teacher, dispose } = await openTeacher(flags, context, signal);
  try {
    if (flags.overwrite === true) beginAnew(flags.work, "teach");
    const options = { workFolder: flags.work, teacher, shard: flags.shard, plan: wanted, budget, rate };
    await showTeaching(options, flags, terminal, signal);
  } finally {
    await dispose();
  }
}

async function openTeacher(
  flags: TeachFlags,
  context: Context,
  signal: AbortSignal,
): Promise<{ readonly teacher: Teacher; readonly dispose: () => Promise<void> }> {
  const { endpoint, model, template, concurrency = 4, retries, timeout, jsonMode } = flags;
  if (model === undefined) throw new UsageError("say who teaches: --endpoint <url> --model <name>, or --model <path>");
  if (endpoint !== undefined) {
    if (!URL.canParse(endpoint)) throw new UsageError("--endpoint takes a URL such as http://127.0.0.1:8000/v1");
    const apiKey = context.io.env.OPENAI_API_KEY;
    const milliseconds = timeout === undefined ? undefined : timeout * 1000;
    const options = { url: endpoint, model, apiKey, concurrency, retries, timeout: milliseconds, jsonMode };
    return { teacher: endpointTeacher(options), dispose: async () => {} };
  }
  const opened = await openModel(context, model, flags, { sequences: concurrency, signal });
  return { teacher: modelTeacher(opened.model, { template }), dispose: () => opened.model.dispose() };
}

async function showTeaching(
  options: TeachOptions,
  { price: perMillion, json }: WorkFlags & TeachFlags,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const began = performance.now();
  const progress = new ProgressLine(terminal, "teaching");
  try {
    const made = await teachDialogues({
      ...options,
      signal,
      onProgress: ({ pairs, pairsTotal, dialogues }) =>
        progress.draw(Math.min(1, pairs / pairsTotal), `${grouped(dialogues)} dialogues`),
    });
    progress.end();
    const { promptTokens, completionTokens } = made.spent;
    const cost = perMillion === undefined ? "" : `, ${threeDigits(costOf(made.spent, perMillion))} in money`;
    terminal.note(
      `${grouped(made.dialogues)} dialogues taught ` +
        terminal.paintNote("dim", `in ${formatSeconds((performance.now() - began) / 1000)}`),
      `${grouped(promptTokens)} tokens sent, ${grouped(completionTokens)} received${cost}`,
    );
    const rejects = Object.entries(made.rejects).sort(([, one], [, other]) => other - one);
    if (rejects.length > 0)
      terminal.note(`refused: ${rejects.map(([reason, count]) => `${reason} ${grouped(count)}`).join(", ")}`);
    if (json === true) await terminal.printJson(made);
  } finally {
    progress.end();
  }
}

async function estimate(
  { work, price: perMillion, json }: WorkFlags & TeachFlags,
  plan: Partial<TeachPlan>,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const found = await estimateTeachingOf(work, plan, signal);
  const cost = perMillion === undefined ? undefined : costOf(found, perMillion);
  if (json === true) {
    await terminal.printJson({ ...found, cost });
    return;
  }
  const { pairs, requests, promptTokens, completionTokens } = found;
  await terminal.print(
    `${grouped(pairs)} pairs, ${grouped(requests)} questions, about ${grouped(promptTokens)} tokens sent and ` +
      `${grouped(completionTokens)} received${cost === undefined ? "" : `: ${threeDigits(cost)} in money`}`,
    terminal.paint(
      "dim",
      "if every first reply is taken; replies that are refused are asked for again and come on top",
    ),
  );
}

function price(text: string): Price {
  const [input, output, ...rest] = text.split(",").map(Number);
  if (input !== undefined && output !== undefined && rest.length === 0 && input >= 0 && output >= 0)
    return { input, output };
  throw new InvalidArgumentError(
    "Expected two numbers with a comma between them: of what is sent, of what is received.",
  );
}

function list(text: string): readonly string[] {
  return text.split(",").map((name) => name.trim());
}
