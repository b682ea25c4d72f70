import type { Dialogue } from "../../dialogues/dialogue.ts";
import { type CardData, lengthBars } from "./card-data.ts";
import { arrow, attribution, byCount, grouped, percent, rejectReasons, sumOf } from "./card-facts.ts";
import { Html, html } from "./html.ts";
import { actRows } from "./markdown-card.ts";

/** Nothing is loaded and nothing runs; the page is one file. */
const policy = "default-src 'none'; style-src 'unsafe-inline'";

const style = `
:root { color-scheme: light dark; --ink: #1a1a1a; --paper: #fff; --faint: #667; --line: #dde; --bar: 37 99 160; --second: 196 112 48 }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e6e6; --paper: #16181c; --faint: #99a; --line: #334; --bar: 110 168 224; --second: 222 150 92 } }
body { font: 16px/1.5 system-ui, "Noto Sans", "Noto Sans CJK SC", sans-serif; color: var(--ink); background: var(--paper); max-width: 72rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.8rem } h2 { font-size: 1.25rem; margin-top: 2.5rem; border-bottom: 1px solid var(--line); padding-bottom: .3rem }
table { border-collapse: collapse; font-size: .9rem } th, td { padding: .25rem .6rem; text-align: left; border-bottom: 1px solid var(--line) } td.n, th.n { text-align: right; font-variant-numeric: tabular-nums }
.facts { display: flex; flex-wrap: wrap; gap: 1rem } .fact { border: 1px solid var(--line); border-radius: .5rem; padding: .6rem 1rem } .fact b { display: block; font-size: 1.5rem }
.wide { overflow-x: auto } .side { display: flex; flex-wrap: wrap; align-items: flex-start; gap: 2rem } .faint { color: var(--faint); font-size: .85rem }
.bar { height: .7rem; background: rgb(var(--bar)); border-radius: 2px; min-width: 1px }
figure { margin: 0 } .reasons td:not(:last-child) { white-space: nowrap }
svg text { fill: var(--faint); font-size: 11px } .one { fill: rgb(var(--bar)) } .two { fill: rgb(var(--second)) }
.talk { border: 1px solid var(--line); border-radius: .5rem; padding: .8rem; margin: 1rem 0 } .talk p { margin: .4rem 0; white-space: pre-wrap; overflow-wrap: anywhere }
.ask { margin-right: 4rem !important } .say { margin-left: 4rem !important; background: rgb(var(--bar) / .12); border-radius: .5rem; padding: .4rem .7rem }
`;

/** The report on a data set: one HTML file without scripts, pictures or anything from elsewhere. */
export function htmlCard(data: CardData): string {
  const { name, dialogues, turns, revisions, rejectedDrafts, splits, heldBack } = data;
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>${name}</title>
<style>${new Html(style)}</style>
</head>
<body>
<h1>${name}</h1>
<div class="facts">
${[
  fact(grouped(dialogues), "dialogues"),
  fact(grouped(turns), "turns"),
  fact(grouped(Object.keys(data.acts).length), "kinds of acts"),
  fact(percent(revisions.mechanical, revisions.total), "of revisions mechanical"),
  fact(grouped(rejectedDrafts), "rejected drafts"),
]}
</div>
<h2>What is in it</h2>
<div class="side">
${[
  countTable("split", [...Object.entries(splits), ["held back from training", heldBack]]),
  countTable(
    "direction",
    byCount(data.directions).map(([direction, count]) => [arrow(direction), count] as const),
  ),
  countTable("turns in a dialogue", Object.entries(data.turnsPerDialogue)),
  countTable("language of instructions", byCount(data.instructionLanguages)),
]}
</div>
<h2>Acts by direction</h2>
<p class="faint">Turns. The check of an act decides where it can: the last column says how often it passes a reply; the rest it cannot decide. No reply of the set fails one.</p>
<div class="side">
<div class="wide">${matrix(data)}</div>
${countTable("asked for with the translation", byCount(data.asked))}
</div>
<h2>Lengths</h2>
<p class="faint">Texts by their characters: blue are sources, orange replies.</p>
<div class="side">${byCount(languageSizes(data)).map(([language]) => histogram(data, language))}</div>
<h2>Where replies come from</h2>
<p>Of ${grouped(revisions.total)} revised translations ${grouped(revisions.mechanical)} (${percent(revisions.mechanical, revisions.total)}) are mechanical: a rule wrote words that no person wrote for this text.</p>
<div class="side">${[countTable("origin", byCount(data.derivations)), countTable("rule", byCount(data.rules))]}</div>
<h2>What was left out</h2>
${rejects(data)}
<h2>Licences</h2>
<p>Made from ${attribution(data)}. Name them wherever you give this data set, or a model that was trained on it, away.</p>
<table><tr><th>corpus</th><th>licence</th><th class="n">dialogues</th><th>files</th></tr>
${data.licenses.map(({ corpus, license, dialogues: count, files }) => html`<tr><td>${corpus}</td><td>${license ?? "not stated"}</td><td class="n">${grouped(count)}</td><td>${files.join(", ")}</td></tr>`)}
</table>
<h2>How it was made</h2>
<div class="side">${[
    countTable("engine", byCount(data.engines)),
    countTable("generator", byCount(data.generators)),
    ...(sumOf(data.models) === 0 ? [] : [countTable("teacher", byCount(data.models))]),
  ]}</div>
<h2>Samples</h2>
<p class="faint">Chosen by hash, two for each kind of act: not the best ones.</p>
${data.samples.map(talk)}
</body>
</html>
`;
  return page.code;
}

function fact(value: string, label: string): Html {
  return html`<div class="fact"><b>${value}</b>${label}</div>`;
}

function countTable(label: string, counts: readonly (readonly [string, number])[]): Html {
  const most = Math.max(1, ...counts.map(([, count]) => count));
  return html`<table><tr><th>${label}</th><th class="n"></th><th></th></tr>
${counts.map(([name, count]) => html`<tr><td>${name}</td><td class="n">${grouped(count)}</td><td>${bar(count, most)}</td></tr>`)}
</table>`;
}

function bar(count: number, most: number): Html {
  if (count === 0) return html``;
  return html`<div class="bar" style="width:${((8 * count) / most).toFixed(2)}rem"></div>`;
}

function matrix(data: CardData): Html {
  const directions = byCount(data.directions).map(([direction]) => direction);
  const rows = actRows(data);
  const most = Math.max(1, ...rows.flatMap(({ counts }) => Object.values(counts)));
  const cell = (count: number) =>
    html`<td class="n" style="background:rgb(var(--bar) / ${(0.75 * Math.sqrt(count / most)).toFixed(3)})">${grouped(count)}</td>`;
  return html`<table><tr><th>act</th>${directions.map((direction) => html`<th class="n">${arrow(direction)}</th>`)}<th class="n">all</th><th class="n">check decides</th></tr>
${rows.map(({ kind, total, counts, decided }) => html`<tr><td>${kind}</td>${directions.map((direction) => cell(counts[direction] ?? 0))}<td class="n">${grouped(total)}</td><td class="n">${decided}</td></tr>`)}
</table>`;
}

function languageSizes({ lengths }: CardData): Record<string, number> {
  return Object.fromEntries(
    Object.entries(lengths).map(([language, { source, reply }]) => [
      language,
      [...source, ...reply].reduce((sum, count) => sum + count, 0),
    ]),
  );
}

const [plotHeight, barWidth, barStep] = [120, 14, 38];

function histogram({ lengths }: CardData, language: string): Html {
  const { source, reply } = lengths[language]!;
  const most = Math.max(1, ...source, ...reply);
  const last = Math.max(0, ...Object.values(lengths).flatMap((sides) => [lastBar(sides.source), lastBar(sides.reply)]));
  const column = (count: number, index: number, side: 0 | 1) => {
    const height = (plotHeight * count) / most;
    const left = index * barStep + side * barWidth;
    return html`<rect class="${side === 0 ? "one" : "two"}" x="${left}" y="${(plotHeight - height).toFixed(1)}" width="${barWidth - 1}" height="${height.toFixed(1)}"><title>${grouped(count)}</title></rect>`;
  };
  const label = (index: number) =>
    html`<text x="${index * barStep}" y="${plotHeight + 14}">${index === lengthBars.length ? `${lengthBars.at(-1)}+` : `≤${lengthBars[index]!}`}</text>`;
  const width = (last + 1) * barStep;
  return html`<figure><figcaption>${language} <span class="faint">(the highest bar is ${grouped(most)})</span></figcaption>
<svg width="${width}" height="${plotHeight + 20}" role="img" aria-label="lengths of texts, ${language}">
${source.slice(0, last + 1).map((count, index) => column(count, index, 0))}
${reply.slice(0, last + 1).map((count, index) => column(count, index, 1))}
${source.slice(0, last + 1).map((_, index) => label(index))}
</svg></figure>`;
}

function lastBar(bars: readonly number[]): number {
  return bars.findLastIndex((count) => count > 0);
}

function rejects(data: CardData): Html {
  const reasons = rejectReasons(data).filter(({ count }) => count > 0);
  const others = rejectReasons(data).filter(({ count }) => count === 0);
  const rest = others.length === 0 ? "" : `Looked for and not found: ${others.map(({ reason }) => reason).join(", ")}.`;
  if (reasons.length === 0) return html`<p>Nothing. ${rest}</p>`;
  const most = Math.max(1, ...reasons.map(({ count }) => count));
  return html`<table class="reasons"><tr><th>stage</th><th>reason</th><th class="n">count</th><th></th><th>for example</th></tr>
${reasons.map(({ stage, reason, count }) => html`<tr><td>${stage}</td><td>${reason}</td><td class="n">${grouped(count)}</td><td>${bar(count, most)}</td><td dir="auto">${example(data, stage, reason)}</td></tr>`)}
</table>
<p class="faint">${rest}</p>`;
}

function example({ intake }: CardData, stage: string, reason: string): string {
  if (stage !== "filters") return "";
  const sample = intake.rejected[reason]?.samples[0];
  return sample === undefined ? "" : `${sample.source} / ${sample.target} (${sample.detail})`;
}

function talk({ id, from, to, turns }: Dialogue): Html {
  const direction = from === undefined ? "general" : `${from} → ${to}`;
  return html`<div class="talk"><div class="faint">${direction} · ${id}</div>
${turns.flatMap(({ act, asked = [], instruction, reply, verdict, derivation }) => [
  html`<p class="ask" dir="auto">${instruction}</p>`,
  html`<p class="say" dir="auto">${reply}</p>`,
  html`<div class="faint">${[
    [act?.kind, ...asked.map(({ kind }) => kind)].filter((kind) => kind !== undefined).join(" + "),
    derivation.rule,
    verdict === undefined ? "" : verdict.outcome === "pass" ? "its check passes" : "its check cannot decide",
  ]
    .filter((part) => part !== "")
    .join(" · ")}</div>`,
])}
</div>`;
}
