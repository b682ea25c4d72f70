import type { SentencePair } from "../sentence-pair.ts";

/** A pair of languages with a text on each side; the line is that in a file of nothing else. */
export function makePair(source: string, target: string, languages = "en-de", line = 1): SentencePair {
  const [sourceLanguage, targetLanguage] = languages.split("-") as [string, string];
  const tag = (language: string) => (language === "zh" ? "zh-Hans" : language);
  return {
    ...{ source, target, sourceLanguage: tag(sourceLanguage), targetLanguage: tag(targetLanguage) },
    origin: { corpus: "own", license: "CC0-1.0", file: "own.tsv", line },
  };
}

export async function* stream<Item>(items: readonly Item[]): AsyncGenerator<Item> {
  yield* items;
}

const german = `
The train to Hamburg leaves from platform seven.|Der Zug nach Hamburg fährt von Gleis sieben ab.
My grandmother bakes bread every Saturday morning.|Meine Großmutter backt jeden Samstagmorgen Brot.
Could you please close the window?|Könnten Sie bitte das Fenster schließen?
The museum was built in 1874 and burned down in 1931.|Das Museum wurde 1874 gebaut und brannte 1931 ab.
We have ordered 250 chairs for the new hall.|Wir haben 250 Stühle für den neuen Saal bestellt.
Why did nobody tell me about the meeting?|Warum hat mir niemand von der Besprechung erzählt?
The children are playing football behind the school.|Die Kinder spielen hinter der Schule Fußball.
She reads a book about the history of medicine.|Sie liest ein Buch über die Geschichte der Medizin.
This recipe needs 375 grams of flour.|Für dieses Rezept braucht man 375 Gramm Mehl.
I have lost the key to my bicycle.|Ich habe den Schlüssel zu meinem Fahrrad verloren.
It has been raining since yesterday evening.|Es regnet seit gestern Abend.
Are there any tickets left for the concert?|Gibt es noch Karten für das Konzert?
Our neighbours have two dogs and a parrot.|Unsere Nachbarn haben zwei Hunde und einen Papagei.
The bridge is 1,245 metres long.|Die Brücke ist 1.245 Meter lang.
He works as a gardener in the botanical garden.|Er arbeitet als Gärtner im Botanischen Garten.
The soup tastes better with a little pepper.|Mit etwas Pfeffer schmeckt die Suppe besser.`;

const chinese = `
The library opens at nine in the morning.|图书馆早上九点开门。
My older brother has just bought a red car.|我哥哥刚买了一辆红色的汽车。
Do you know where the nearest post office is?|你知道最近的邮局在哪里吗？
The company was founded in 1988.|这家公司成立于一九八八年。
There are 365 days in a year.|一年有三百六十五天。
She teaches mathematics at a middle school.|她在一所中学教数学。
We are going to the seaside this summer.|今年夏天我们要去海边。
Have you already read today's newspaper?|你已经看过今天的报纸了吗？
He has written 24 novels.|他写了２４本小说。
The tea is still too hot to drink.|茶还太烫，不能喝。
I forgot to take my umbrella with me.|我忘了带伞。
About 30 thousand people live in this town.|这个镇上大约住着三万人。`;

/** Written for these tests: pairs that every filter has to let through. */
export const ownPairs: readonly SentencePair[] = [
  ...german
    .trim()
    .split("\n")
    .map((line, index) => pairOf(line, "en-de", index)),
  ...chinese
    .trim()
    .split("\n")
    .map((line, index) => pairOf(line, "en-zh", index)),
];

function pairOf(line: string, languages: string, index: number): SentencePair {
  const [source, target] = line.split("|") as [string, string];
  return makePair(source, target, languages, index + 1);
}
