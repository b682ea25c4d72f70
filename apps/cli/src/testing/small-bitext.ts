import { writeFileSync } from "node:fs";
import path from "node:path";

type Words = readonly (readonly [english: string, german: string])[];

const people: Words = [
  ["My brother", "Mein Bruder"],
  ["The teacher", "Der Lehrer"],
  ["Our neighbour", "Unser Nachbar"],
  ["The old woman", "Die alte Frau"],
  ["His sister", "Seine Schwester"],
];
const deeds: Words = [
  ["bought a new bicycle", "kaufte ein neues Fahrrad"],
  ["read the long letter", "las den langen Brief"],
  ["repaired the kitchen table", "reparierte den Küchentisch"],
  ["found 12 silver coins", "fand 12 Silbermünzen"],
  ["painted the garden fence", "strich den Gartenzaun"],
];
const times: Words = [
  ["yesterday morning", "gestern Morgen"],
  ["after the holidays", "nach den Ferien"],
  ["in the cold winter", "im kalten Winter"],
];

/** Writes sentence pairs, English and German, that are like each other as few real ones are. @returns the path */
export function writeSmallBitext(folder: string, name = "small.tsv", most = 75): string {
  const lines = people.flatMap(([person, wer]) =>
    deeds.flatMap(([deed, was]) => times.map(([time, wann]) => `${person} ${deed} ${time}.\t${wer} ${was} ${wann}.`)),
  );
  const file = path.join(folder, name);
  writeFileSync(file, `${lines.slice(0, most).join("\n")}\n`);
  return file;
}
