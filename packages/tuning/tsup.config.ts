import { defineConfig } from "tsup";

export default defineConfig({
  entry: {
    index: "src/index.ts",
    "evaluation/index": "src/evaluation/index.ts",
    "recipe/index": "src/recipe/index.ts",
  },
  format: "esm",
  target: "es2022",
  platform: "node",
  splitting: true,
  clean: true,
  dts: false,
});
