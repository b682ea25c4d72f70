import { fileName } from "../output/file-name.ts";
import { formatSeconds, plural, threeDigits } from "../output/numbers.ts";
import { alignColumns } from "../output/table.ts";
import type { Terminal } from "../output/terminal.ts";
import { visible } from "../output/text-width.ts";
import type { ComparedBackend, ComparisonReport } from "./comparison.ts";
import { peerName } from "./peer.ts";

/** A row for each backend; where the peer ran too, how many times its speed each has. */
export function printComparison(report: ComparisonReport, { paint }: Pick<Terminal, "paint">): string[] {
  const { model, machine, compared, leftOut, contextLength } = report;
  const [{ prefill, decode }] = compared as [ComparedBackend, ...ComparedBackend[]];
  const peer = compared.find(({ name }) => name === peerName);
  const titles = ["backend", "on", "load", `prefill ${prefill.tokens}`, `decode ${decode.tokens}`];
  if (peer !== undefined) titles.push("× peer", "× peer");
  const rows = compared.map((each) => [
    `  ${each.name}`,
    each.device ?? "",
    formatSeconds(each.loadSeconds),
    threeDigits(each.prefill.tokensPerSecond),
    paint(["bold", "green"], threeDigits(each.decode.tokensPerSecond)),
    ...(peer === undefined ? [] : ratios(each, peer)),
  ]);
  const heads = titles.map((title, column) => paint("dim", column === 0 ? `  ${title}` : title));
  const right = { align: "right" } as const;
  const columns = titles.map((_, column) => (column < 2 ? {} : right));
  const repetitions = plural(decode.seconds.length, "repetition");
  const place = `${machine.processor}, ${plural(machine.cores, "core")}, ${machine.platform}, Node ${machine.node}`;
  return [
    paint("bold", visible(fileName(model.source))),
    `  ${paint("dim", place)}`,
    ...compared.flatMap(placementLines).map((line) => `  ${paint("dim", line)}`),
    "",
    ...alignColumns([heads, ...rows], columns),
    `  ${paint("dim", `tokens/s, medians of ${repetitions}, context ${contextLength}`)}`,
    ...leftOut.map(({ name, reason }) => `  ${name} is left out: ${visible(reason)}`),
  ];
}

function ratios(each: ComparedBackend, peer: ComparedBackend): string[] {
  if (each === peer) return ["", ""];
  return [
    (each.prefill.tokensPerSecond / peer.prefill.tokensPerSecond).toFixed(2),
    (each.decode.tokensPerSecond / peer.decode.tokensPerSecond).toFixed(2),
  ];
}

function placementLines({ name, placement }: ComparedBackend): string[] {
  if (placement === undefined) return [];
  const { deviceNames, gpuLayers, layers, threads, release, through } = placement;
  const layersOnGpu = gpuLayers === 0 ? "" : `, ${gpuLayers} of ${layers} layers on the GPU`;
  const way = through === "classes" ? ", through node-llama-cpp's classes" : "";
  const devices = visible(deviceNames.join(", "));
  return [`${name}: llama.cpp ${release} on ${devices}${layersOnGpu}, ${plural(threads, "thread")}${way}`];
}
