const syllables = {
  Latin: "ba be ca de en er fo ge hi in ka le mo na or pe ra si st ta un vi wo ze ä ö ü é".split(" "),
  Cyrillic: "ба ве го да ен ер же за и ка ле мо на по ра си ст та у хи ще я".split(" "),
  Han: Array.from(
    "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多定行学法所民得经",
  ),
};

/** A megabyte of words that mean nothing, in three scripts, their frequencies falling as those of real words do. */
export function generatedText() {
  let state = 1;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const pick = (list) => list[Math.floor(random() * list.length)];
  const lines = [];
  for (const [script, parts] of Object.entries(syllables)) {
    const words = Array.from({ length: 20_000 }, () =>
      Array.from({ length: 1 + Math.floor(random() * 4) }, () => pick(parts)).join(""),
    );
    // Zipf: the nth word comes 1/n as often as the first.
    const word = () => words[Math.floor(words.length ** random()) - 1];
    for (let line = 0; line < 3000; line++) {
      const sentence = Array.from({ length: 5 + Math.floor(random() * 25) }, word);
      lines.push(
        script === "Han" ? `${sentence.join("")}。` : `${sentence.join(" ")}, ${Math.floor(random() * 2000)}.`,
      );
    }
  }
  return lines.join("\n");
}
