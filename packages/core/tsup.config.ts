import { defineConfig } from "tsup";

const entries = [
  "index",
  "backend/index",
  "cpu/index",
  "generation/constraints/index",
  "prompt/index",
  "interaction/index",
  "convert/index",
  "ai-sdk/index",
  "translator/index",
];

export default defineConfig({
  entry: Object.fromEntries(entries.map((entry) => [entry, `src/${entry}.ts`])),
  format: "esm",
  target: "es2022",
  splitting: true,
  clean: true,
  dts: false,
});
