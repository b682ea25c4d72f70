import { afterEach, describe, expect, it } from "vitest";
import { cpu } from "../cpu/cpu-backend.ts";
import { tinyGguf } from "../testing/tiny-model.ts";
import { createTranslatorClass, type TranslatorClass } from "./index.ts";

const languages = { sourceLanguage: "en", targetLanguage: "de" };
const text = "The cat sat. The b!\n\nA cat.";

const urls: string[] = [];
afterEach(() => {
  for (const url of urls.splice(0)) URL.revokeObjectURL(url);
});

async function open(): Promise<TranslatorClass> {
  const file = await tinyGguf((metadata) => metadata.set("llama.context_length", { type: "uint32", value: 1024 }));
  urls.push(URL.createObjectURL(file));
  return createTranslatorClass({
    source: urls.at(-1)!,
    backend: cpu(),
    ...{ profile: "chat", template: "bayling", decoding: { maxTokens: 6 } },
  });
}

describe("a translator in a page", () => {
  it("has all that the browser's own has, if there is one", async () => {
    const Translator = await open();
    const { Translator: native = Translator } = globalThis as { Translator?: TranslatorClass };
    const translator = await Translator.create(languages);
    for (const name of Object.getOwnPropertyNames(native.prototype)) expect(name in translator).toBe(true);
    for (const name of Object.getOwnPropertyNames(native)) expect(name in Translator).toBe(true);
    translator.destroy();
  });

  it("translates whole and in pieces, and reports progress with the browser's events", async () => {
    const Translator = await open();
    const events: ProgressEvent[] = [];
    const translator = await Translator.create({
      ...languages,
      monitor: (monitor) => monitor.addEventListener("downloadprogress", (event) => events.push(event)),
    });
    expect(events.every((event) => event instanceof ProgressEvent)).toBe(true);
    expect([events[0]?.loaded, events.at(-1)?.loaded]).toEqual([0, 1]);
    const whole = await translator.translate(text);
    const reader = translator.translateStreaming(text).getReader();
    let streamed = "";
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) streamed += chunk.value;
    expect(streamed).toBe(whole);
    expect(whole).toMatch(/\n\n/);
    const pending = translator.translate(text);
    translator.destroy();
    await expect(pending).rejects.toBeInstanceOf(DOMException);
    await expect(translator.translate(text)).rejects.toHaveProperty("name", "AbortError");
  });

  it("says that its quota is exceeded as the browser says it", async () => {
    const file = await tinyGguf((metadata) => metadata.set("llama.context_length", { type: "uint32", value: 1024 }));
    const Translator = createTranslatorClass({ source: file, backend: cpu(), profile: "chat", inputQuota: 2 });
    const translator = await Translator.create(languages);
    const error = await translator.translate(text).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: "QuotaExceededError", quota: 2 });
    const { QuotaExceededError } = globalThis as { QuotaExceededError?: new () => unknown };
    if (QuotaExceededError !== undefined) expect(error).toBeInstanceOf(QuotaExceededError);
    translator.destroy();
  });
});
