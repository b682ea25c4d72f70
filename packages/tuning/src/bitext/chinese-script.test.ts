import { Converter, Locale } from "opencc-js/t2cn";
import { expect, test } from "vitest";
import { loadConverter } from "./chinese-script.ts";

test("text becomes simplified as OpenCC does it, whether or not there is anything to convert", async () => {
  const convert = await loadConverter("zh-Hans");
  const openCc = Converter({ from: "tw", to: "cn" });
  const entries = (Object.values(Locale.configs.tw2s!).flat(2) as readonly string[]).flatMap((text) => text.split("|"));
  const texts = entries.flatMap((entry) => entry.split(" ")).flatMap((text) => [text, `不${text}的`]);
  for (let code = 0x20; code < 0x30000; code++) texts.push(String.fromCodePoint(code));
  const different = texts.filter((text) => convert(text) !== openCc(text) && !text.includes("么"));
  expect(different).toEqual([]);
  expect(convert("什么，吃著飯")).toBe("什么，吃着饭");
});
