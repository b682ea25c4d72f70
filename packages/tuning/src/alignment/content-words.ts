import { folded } from "./tokenize.ts";

/** Words that say how others hang together, and little by themselves. */
const functionWords: Readonly<Record<string, ReadonlySet<string>>> = {
  en: wordsOf(
    "a an the this that these those some any no every each all both half either neither such same other another one ones " +
      "i you he she it we they me him her us them my your his its our their mine yours hers ours theirs myself yourself " +
      "himself herself itself ourselves yourselves themselves who whom whose which what where when why how whoever whatever " +
      "be am is are was were been being have has had having do does did done doing will would shall should can could may " +
      "might must ought cannot n't 'm 're 've 'll 's 'd not and or but nor so yet if because as while although though unless " +
      "until since before after than then in on at by for with without about against between among into through during " +
      "above below to from up down out off over under again further once here there now just only very too also even still " +
      "already ever never much many more most few little less least own of let lot lots kind sort thing things something " +
      "anything nothing everything someone anyone everyone somebody anybody everybody nobody yes no oh well please going " +
      "got get gets getting go goes went gone come comes came make makes made take takes took want wants wanted like likes " +
      "know knows knew think thinks thought say says said ca wo ai gonna wanna around back away really quite rather " +
      "able whether enough always often sometimes maybe perhaps almost anymore else ago however instead together alone per " +
      "give gives gave given keep keeps kept put puts look looks looked seem seems seemed need needs needed tell tells told " +
      "mr mrs ms upon toward towards across along near next last soon later long way time times",
  ),
  de: wordsOf(
    "der die das den dem des ein eine einen einem einer eines kein keine keinen keinem keiner keines dieser diese dieses " +
      "diesen diesem jener jene jenes jenen jenem jeder jede jedes jeden jedem alle alles allen allem aller welche welcher " +
      "welches welchen welchem manche mancher solche solcher beide beiden ich du er sie es wir ihr mich dich ihn uns euch " +
      "mir dir ihm ihnen sich mein meine meinen meinem meiner meines dein deine deinen deinem deiner deines sein seine seinen " +
      "seinem seiner seines ihre ihren ihrem ihrer ihres unser unsere unseren unserem unserer unseres unserm euer eure euren " +
      "eurem eurer eures wer wen wem wessen was wo wohin woher wann warum wieso weshalb wie bin bist ist sind seid war warst " +
      "waren wart gewesen wäre wären wärst habe hast hat haben habt hatte hattest hatten hattet gehabt hätte hätten hättest " +
      "werde wirst wird werden werdet wurde wurden wurdest würde würden würdest würdet geworden worden kann kannst können " +
      "könnt konnte konnten konntest könnte könnten könntest muss musst müssen müsst musste mussten müsste müssten darf " +
      "darfst dürfen dürft durfte durften soll sollst sollen sollt sollte sollten solltest will willst wollen wollt wollte " +
      "wollten wolltest mag magst mögen möchte möchten möchtest mochte lass lasst lassen nicht und oder aber denn sondern " +
      "doch wenn weil dass ob als während obwohl damit sodass bis seit bevor nachdem in im ins an am ans auf aufs aus bei " +
      "beim mit nach von vom vor vorm zu zum zur für fürs durch durchs gegen ohne um ums über unter zwischen neben hinter " +
      "wegen trotz statt ab da dort hier hin her jetzt nun dann so sehr zu auch noch nur schon mal wieder immer nie niemals " +
      "mehr viel viele vielen wenig wenige etwas nichts jemand jemanden jemandem niemand niemanden man selbst selber ja nein " +
      "bitte gar ganz eben halt wohl etwa los davon dazu damit dafür daran darauf darin darüber dabei dagegen dahin daher " +
      "wovon wozu womit wofür woran worauf worüber weg zurück geht gehe gehen ging kommt komme kommen kam gibt geben gab " +
      "macht mache machen machte gemacht tun tut tat getan getan sagt sage sagen weiß weißt wissen denke denkst gern gerne " +
      "lieber vielleicht fast oft manchmal allein zusammen also trotzdem genug sonst einmal einfach vorbei raus rein runter " +
      "hoch bleiben bleibt lang lange zeit mal herr frau irgendwo irgendwie irgendetwas irgendwas daß sowas ding heraus hinaus herein hinein heran dran drin drauf drüber herum umher hervor empor entlang fort fest statt teil entgegen gegenüber voraus bevor bereits sache brauche brauchst braucht brauchen liegt steht",
  ),
  zh: wordsOf(
    "的 了 吗 呢 吧 啊 呀 着 过 地 得 们 个 只 条 本 位 次 些 一 一个 一些 一下 一点 一样 一起 一直 这 那 这个 那个 这些 那些 这里 那里 这儿 那儿 " +
      "这样 那样 这么 那么 哪 哪里 哪儿 哪个 我 你 您 他 她 它 我们 你们 他们 她们 它们 咱们 自己 谁 什么 怎么 怎样 怎么样 为什么 几 多少 多 很 非常 太 真 最 " +
      "更 都 也 还 又 再 就 才 只 只是 已经 正在 正 刚 刚刚 曾 曾经 将 会 能 可以 可能 可 要 想 应该 该 必须 得 不 没 没有 别 不要 不会 不能 不是 不想 不得 " +
      "是 在 有 和 与 跟 同 或 或者 还是 但 但是 可是 不过 而 而且 因为 所以 如果 要是 虽然 尽管 即使 除了 除非 为 为了 对 对于 关于 从 自 到 向 往 给 把 被 " +
      "让 叫 使 用 以 于 比 按 按照 根据 通过 上 下 里 中 内 外 前 后 之 之前 之后 以前 以后 时 时候 的时候 的话 来 去 说 做 看 知道 觉得 认为 起来 出来 下来 " +
      "过来 一定 总是 常常 经常 从来 从不 每 每个 每天 各 某 有点 有些 许多 很多 好 好的 请 吧 嘛 哦 而已 现在 然后 那时 它的 我的 你的 他的 她的 人 件 块 张 " +
      "家 点 天 年 种 双 所 其 其他 另 另外 全 全部 所有 任何 东西 事 事情 地方 先生 小姐 需要 喜欢 不知道 似乎 好像 起 完 掉 住 成 开 点儿 着急 真的 " +
      "曾 便 却 仍 仍然 依然 并 并且 甚至 至少 大概 也许 或许 当 当然 那天 今 您们 咱 俩 两 两个 第一 之一 这种 那种 棵 顶 封 栋 座 辆 匹 艘 篇 首 幅 朵 句 枚 颗 份 名 台 部 支 架 间 双",
  ),
};

function wordsOf(list: string): ReadonlySet<string> {
  return new Set(list.split(" "));
}

/** Whether a word means something by itself: no function word, no number, no mark. */
export function isContentWord(word: string, language: string): boolean {
  const own = functionWords[language.split("-")[0]!];
  return own !== undefined && !own.has(folded(word)) && /\p{L}/u.test(word) && !/\p{N}/u.test(word);
}
