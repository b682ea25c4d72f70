// One contestant of tokenizer.mjs: loads a vocabulary, segments a text once, prints what it took as one line of JSON.
import { readFileSync } from "node:fs";

const [name, vocabulary, textPath] = process.argv.slice(2);
const lines = readFileSync(textPath, "utf8").split("\n");

const loaders = {
  async "@bayling/core"() {
    const { loadTokenizer } = await import("@bayling/core");
    const tokenizer = await loadTokenizer(vocabulary);
    return (line) => tokenizer.encode(line, { addBos: false });
  },
  async "node-llama-cpp"() {
    const { getLlama } = await import("node-llama-cpp");
    const llama = await getLlama({ gpu: false, build: "never", maxThreads: 1, logLevel: "disabled" });
    const model = await llama.loadModel({ modelPath: vocabulary, vocabOnly: true });
    return (line) => model.tokenize(line);
  },
  async "llama-tokenizer-js"() {
    const { default: tokenizer } = await import("llama-tokenizer-js");
    return (line) => tokenizer.encode(line, false, true);
  },
  async "llama3-tokenizer-js"() {
    const { default: tokenizer } = await import("llama3-tokenizer-js");
    return (line) => tokenizer.encode(line, { bos: false, eos: false });
  },
  async "@huggingface/tokenizers"() {
    const { Tokenizer } = await import("@huggingface/tokenizers");
    const tokenizer = new Tokenizer(JSON.parse(readFileSync(vocabulary, "utf8")), {});
    return (line) => tokenizer.encode(line, { add_special_tokens: false }).ids;
  },
};
loaders["@bayling/core, tokenizer.json"] = loaders["@bayling/core"];

const start = performance.now();
const encode = await loaders[name]();
const loaded = performance.now();
const ids = lines.map(encode);
const done = performance.now();

let hash = 0x811c9dc5;
let tokens = 0;
for (const line of ids) {
  for (const id of line) hash = Math.imul(hash ^ id, 0x01000193);
  hash = Math.imul(hash ^ 0xffffffff, 0x01000193);
  tokens += line.length;
}
console.log(JSON.stringify({ load: loaded - start, encode: done - loaded, tokens, hash: hash >>> 0 }));
process.exit(0);
