/** Short words that texts of a language cannot do without. What two languages share is evidence for neither. */
const lists: Readonly<Record<string, string>> = {
  en:
    "the and of is are was were with that this these those have has had not you they from which will would been his her " +
    "she he but what there their them we our your can could should because about into than then who when where how its " +
    "i to a in it for on my me do does did don didn doesn isn wasn won ll ve re be by or if at as an so no just like know " +
    "want go went come came get got make made take think see said tell told very much many some any all more only now " +
    "too here never always every other us him am why must been being before after again any out up down off over",
  de:
    "der die das und ist nicht ein eine einen einem einer eines ich sie er wir ihr mit auf für den dem des im zu zum zur " +
    "von vom auch sich wird werden wurde wurden haben hat hatte sind war aber wie bei nach aus oder kein keine wenn dass " +
    "noch nur über diese dieser dieses diesen diesem es mich mir dich dir uns euch ihm ihn ihnen sein seine mein meine " +
    "du was will kann habe hast ja nein so mal immer jetzt heute hier da dann schon sehr mehr als am an in um bis ohne " +
    "durch unter viel viele alle alles etwas nichts wer warum wann wo hätte wäre würde könnte muss soll bist bin geht " +
    "kommt macht sagte keinen dein deine ihre ihren ihrem seinen seinem meinen man gibt wieder nie doch",
  fr:
    "le la les un une des du de et est pas que qui dans en pour sur avec il elle nous vous ils elles ce cette ces mais ou " +
    "où son sa ses leur leurs je tu ne au aux sont être avoir été plus par se comme fait tout aussi donc on me te y",
  es:
    "el la los las un una unos unas y es no que de en por para con del al se su sus lo le como más pero este esta estos " +
    "estas ella ellos muy también fue son está hay ser cuando porque sin sobre nos yo mi me te a o",
  it:
    "il lo la i gli le un una uno e è non che di a in per con del della dei delle degli al alla si su come più ma questo " +
    "questa questi sono era nel nella anche ha ho hanno essere quando perché io noi lui lei mi ti o",
  pt:
    "o a os as um uma uns umas e é não que de em por para com do da dos das ao se seu sua seus como mais mas este esta " +
    "isso ele ela eles muito também foi são está ser quando porque sem no na nos nas eu meu minha me te",
  nl:
    "de het een en is niet dat die dit van in op te met voor aan zijn er maar om hem haar hij zij wij jullie ook als dan " +
    "naar bij nog wordt worden heeft hebben had kan zal door over uit geen wat waar wie ik je mijn deze was we me so",
  sv:
    "och att det som en ett är inte på av för med den de till han hon vi ni jag har hade var men man om så eller från när " +
    "också sig sin sina kan ska skulle mycket här där i du",
  da:
    "og at det som en et er ikke på af for med den de til han hun vi jeg har havde var men man om så eller fra når også " +
    "sig sin kan skal skulle meget her der ind hvad efter i du",
};

const languagesOfWords = new Map<string, string[]>();
for (const [language, words] of Object.entries(lists)) {
  for (const word of words.split(" ")) languagesOfWords.set(word, [...(languagesOfWords.get(word) ?? []), language]);
}

/** One hit can be a name ("The Beatles"), and so can two ("The Lord of the Rings"): they have to outweigh the rest. */
const leastHits = 2;
const leastShare = 0.1;
const leastLead = 3;

/**
 * Which of nine languages in Latin script a text is in, by its function words; undefined where they do not tell, as in
 * very short texts and in other languages.
 */
export function languageByFunctionWords(text: string): string | undefined {
  const words = text.toLowerCase().match(/\p{L}[\p{L}\p{M}]*/gu) ?? [];
  const hits = new Map<string, number>();
  for (const word of words) {
    const languages = languagesOfWords.get(word);
    if (languages?.length === 1) hits.set(languages[0]!, (hits.get(languages[0]!) ?? 0) + 1);
  }
  const [first, second] = [...hits].sort((left, right) => right[1] - left[1]);
  if (first === undefined || first[1] < leastHits || first[1] < words.length * leastShare) return undefined;
  return first[1] >= leastLead * (second?.[1] ?? 0) ? first[0] : undefined;
}
