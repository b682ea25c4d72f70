import { defineConfig } from "tsup";

export default defineConfig({
  entry: {
    index: "src/index.ts",
    "conformance-cases": "src/conformance-cases.ts",
    "tiny-llama/index": "src/tiny-llama/index.ts",
  },
  format: "esm",
  target: "es2022",
  splitting: true,
  clean: true,
  dts: false,
});
