/**
 * What ICU's dictionary takes for one word, but readers for two or more: 我不, 很好, 都在, 住在, 跑得, 一张, 问个问题. ICU knows
 * many such runs only because they are frequent, and each would be a rare word of its own to an aligner.
 */
export function chineseParts(word: string): readonly string[] {
  if (word.length < 2 || wholeWords.has(word)) return [word];
  const before = leading.exec(word)?.[0];
  if (before !== undefined) return [before, ...chineseParts(word.slice(before.length))];
  const after = trailing.exec(word)?.[0];
  return after === undefined ? [word] : [...chineseParts(word.slice(0, -after.length)), after];
}

const verb = "是|在|有|会|能|要|想|去|来|做|说|看|吃|喝|用|走|到|把|被|给|让|对|为|跟|像|可以|应该|愿意|需要";
const adjective = "好|大|多|少|快|慢|久|长|短|高|低|小|早|晚|忙|难|美|旧|新|像|爱|想|喜欢|简单|可能|香|甜|累|酷|渴|急";

/** Words that stand before others: pronouns, adverbs, auxiliaries, numbers with their measures. */
const leading = new RegExp(
  `^(?:${[
    `(?:[我你您他她它妳]们?|这|那|谁)(?=不|没|也|都|就|的|再|只|还|将|试|爸|妈|哥|家|所|${verb})`,
    `很(?=.)`,
    `[太真最更好](?=不|${adjective})`,
    `不(?=${verb}|该|懂|再|怕|动|信|准|打|知|愿|介意|值得|存在|守|理|冷|急|太|很|[好比](?!$))`,
    `[都也](?=不|没|很|还|好|只|就|${verb})`,
    `就(?=不|没|很|好|应该|拿|坐|${verb})`,
    `只(?=在|想|能|会|去)`,
    `再(?=也|做|去|问|跟|有|来|次不)`,
    `别(?=再|在|把|用|被|对|为|来|去|给)`,
    `[想要会能该](?=${verb}|花|哭|赢|问|学|借|再|不)`,
    `没(?=去|能|说|穿|给|被|想到|看|做|吃)`,
    `[正又还](?=忙|在|要|被|想|没|能|会)`,
    `一(?=[名位张条只种把份本家件支颗台棵双部首句根片架辆顶栋朵杯个封艘幅套座盒所篇项块群间]$)`,
    `[这那哪每几两](?=[名位张条只种把份本件支颗台棵部首句根片架辆顶栋朵杯封艘幅套座盒篇项块间班])`,
    `一(?=(?:本书|件事|首歌|封信|辆车|篇文章)$)`,
    `[本件首封辆篇](?=(?:书|事|歌|信|车|文章)$)`,
    `[二三四五六七八九十百两几]+(?=[年天周次岁]$)`,
    `得(?=很$)`,
    `的(?=是)`,
    `了(?=[一二三四五六七八九十])`,
    `有(?=[一二三四五六七八九十])`,
    `[上里中](?=有$)`,
    `.(?=个)(?<![一二三四五六七八九十两几整这那哪每上下各某])`,
    `个(?=.)`,
  ].join("|")})`,
  "u",
);

/** What ends words of others: particles, complements, prepositions, the copula. */
const trailing = new RegExp(
  `(?<=.)(?:${[
    `了|的|吗|吧|呢|着|过`,
    `(?<![值觉记显获取懂赢舍难不晓使所应认懒博])得`,
    `(?<=^[住放坐留站呆待停躺困趴写睡躲倒落])在`,
    `(?<=[天一定可能肯永远往的确即使像算])是`,
    `(?<=[打睡找换带留搭唱翻])个`,
  ].join("|")})$`,
  "u",
);

/** Words of the dictionary that only look like two. */
const wholeWords = new Set(
  (
    "那是 这是 那会 这会 那么 这么 目的 有的 为了 除了 算了 罢了 极了 是的 似的 沿着 接着 随着 意味着 好吧 酒吧 网吧 超过 通过 经过 " +
    "不过 难过 不用 不会 不能 不要 不想 不是 不在 不到 不对 不好 不得不 不得 不像话 不可能 你好 您好 他人 他们 我们 你们 想要 想到 想来 会有 还有 也许 " +
    "一家 不知道 不为人知 不知 不信任 好多 好久 好像 最好 最多 最少 更多 更好 很多 很少 想像 想法 想念 只要 只有 只是 只好 就是 都是 也是 要是 要不是 " +
    "不是 但是 可是 还是 总是 老是 只是 于是 凡是 正是 别的 别人 真是 真正 太太 不来 不为 正在 一个 不好意思 不知所措 好好 想像力 个子 个人 个性 个别 个体 想想 非得 总得 也不是 万个 本事"
  ).split(" "),
);

/** What ICU's dictionary cuts although it is one word: 图书馆, 运动员, 西班牙语. */
export function isChineseSuffix(suffix: string, word: string): boolean {
  return word.length >= 2 && (suffixes.test(suffix) || compounds.test(word + suffix));
}

const suffixes = /^[节馆室语员者器机店院厅亭]$/u;
const compounds = new RegExp(
  `^(?:${[
    "(?:自行|脚踏|出租|摩托|救护|独轮|面包|二手|吉普|山地)车",
    "(?:科学|艺术|音乐|钢琴|哲学|小说|探险)家",
    "(?:火车|汽车|公车)站",
    "(?:会员|学生)卡",
    "牛仔裤",
  ].join("|")})$`,
  "u",
);
