import { createServer, type Listening, listen, type Server } from "@bayling/server";
import { type Command, Option } from "commander";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { examples } from "../help.ts";
import { openModel } from "../open-model.ts";
import { addModelOptions, type ModelFlags, modelArgument } from "../options/model-options.ts";
import { collect, integer } from "../options/parsers.ts";
import { fileName } from "../output/file-name.ts";
import { formatSeconds, plural } from "../output/numbers.ts";
import { visible } from "../output/text-width.ts";
import { readApiKeys } from "../serve/api-keys.ts";
import { RequestLog } from "../serve/request-log.ts";

interface ServeFlags extends ModelFlags {
  readonly host: string;
  readonly port: number;
  readonly apiKey?: readonly string[];
  readonly apiKeyFile?: string;
  readonly open?: true;
  readonly cors?: readonly string[];
  readonly allowHost?: readonly string[];
  readonly parallel: number;
  readonly queue?: number;
  readonly maxTokens?: number;
  readonly maxSeconds?: number;
  readonly alias?: string;
  readonly template?: string;
  readonly quiet?: true;
  readonly json?: true;
}

export function addServe(program: Command, context: Context): void {
  const command = program
    .command("serve")
    .summary("let other programs use a model, over HTTP")
    .description(
      "Serves a model over HTTP, in the words of OpenAI's API and of others, so that programs made for those work " +
        "unchanged. Only this machine reaches it, unless --host says otherwise; then it takes a key. Ctrl+C takes " +
        "nothing new and finishes what runs; the second one ends at once.",
    )
    .argument(...modelArgument);
  const network = [
    new Option("--host <address>", "where to listen; 0.0.0.0 is everywhere").default("127.0.0.1"),
    new Option("--port <n>", "0 takes one that is free").argParser(integer(0, 65_535)).default(8080),
    new Option(
      "--api-key <key>",
      "ask for this key; may be given several times. Others see it in the list of processes",
    ).argParser(collect),
    new Option("--api-key-file <file>", "ask for one of these keys, one a line (also: BAYLING_API_KEY)"),
    new Option("--open", "listen for others without asking for a key"),
    new Option("--cors <origin>", "let pages of https://… ask; may be given several times").argParser(collect),
    new Option("--allow-host <name>", "a name that the server is asked by, besides localhost").argParser(collect),
  ];
  const work = [
    new Option("--parallel <n>", "texts that are written at the same time").argParser(integer(1, 1024)).default(8),
    new Option("--queue <n>", "requests that may wait (default: 64)").argParser(integer(0)),
    new Option("--max-tokens <n>", "most tokens of a text (default: what the context has room for)").argParser(
      integer(1),
    ),
    new Option("--max-seconds <n>", "most seconds of a request (default: 600)").argParser(integer(1)),
    new Option("--alias <name>", "what requests call the model (default: the name of its file)"),
    new Option("--template <name>", "how dialogues are written (default: as the model was taught)"),
    new Option("--quiet", "no line for every request"),
    new Option("--json", "a JSON object a line: the address, then every request"),
  ];
  for (const option of network) command.addOption(option.helpGroup("Who may ask:"));
  for (const option of work) command.addOption(option.helpGroup("How to serve:"));
  addModelOptions(command)
    .addHelpText(
      "after",
      examples(context.terminal, [
        ["bayling serve model.gguf", "for programs on this machine"],
        ["bayling serve model.gguf --backend cuda --parallel 16 --context 2048", "for many at once"],
        ["BAYLING_API_KEY=… bayling serve model.gguf --host 0.0.0.0", "for others, with a key"],
        ["curl http://127.0.0.1:8080/v1/models", "see that it is there"],
      ]),
    )
    .action((source: string, flags: ServeFlags) =>
      context.interrupts.during((signal) => serve(source, flags, context, signal)),
    );
}

async function serve(source: string, flags: ServeFlags, context: Context, signal: AbortSignal): Promise<void> {
  const apiKeys = await readApiKeys(flags, context.io.env);
  const { model, loadSeconds } = await openModel(context, source, flags, { sequences: flags.parallel, signal });
  const log = new RequestLog(context, flags);
  try {
    const server = await createServer({
      models: [{ model, id: flags.alias, template: flags.template }],
      apiKeys,
      corsOrigins: flags.cors,
      hosts: hostsFor(flags, apiKeys),
      limits: { queue: flags.queue, maxTokens: flags.maxTokens, requestSeconds: flags.maxSeconds },
      onRequest: (report) => log.add(report),
    });
    const { host, port, open } = flags;
    const listening = await listen(server, { host, port, open });
    const facts = [model.backendId, plural(flags.parallel, "text"), `loaded in ${formatSeconds(loadSeconds)}`];
    try {
      await announce(server, listening, `${fileName(source)} · ${facts.join(" · ")}`, flags, context);
      await untilStopped(context, signal);
      const { running } = server.context.admission;
      if (running > 0) context.terminal.note(`finishing ${plural(running, "request")}; Ctrl+C again ends at once`);
    } finally {
      await listening.close();
    }
  } finally {
    await model.dispose();
  }
}

/** Resolves when somebody wants the server to end. A second time, the program ends at once. */
async function untilStopped({ io }: Context, signal: AbortSignal): Promise<void> {
  let wanted = signal.aborted;
  await new Promise<void>((resolve) => {
    const stop = () => {
      wanted = true;
      resolve();
    };
    if (wanted) stop();
    signal.addEventListener("abort", stop, { once: true });
    // It stays until the program ends: what runs is being finished.
    io.onTerminate(() => {
      if (wanted) io.kill(exitCodes.interrupted);
      else stop();
    });
  });
}

/** Who listens for others without a key is asked by names that it cannot know. */
function hostsFor({ allowHost, open }: ServeFlags, apiKeys: readonly string[]): readonly string[] | undefined {
  if (allowHost !== undefined) return ["localhost", "127.0.0.1", "[::1]", ...allowHost];
  return open === true && apiKeys.length === 0 ? ["*"] : undefined;
}

async function announce(
  server: Server,
  { url }: Listening,
  facts: string,
  { json }: ServeFlags,
  { terminal }: Context,
): Promise<void> {
  const { endpoints, guarded } = server;
  const model = server.context.models.default.id;
  if (json === true) return terminal.printJsonLine({ url, model, guarded, endpoints });
  const { paint } = terminal;
  await terminal.print(
    `${paint("bold", visible(model))} ${paint("dim", `· ${visible(facts)}`)}`,
    `${paint("cyan", url)}${guarded ? " (asks for a key)" : ""}`,
    ...endpoints.map((endpoint) => `  ${paint("dim", endpoint)}`),
  );
}
