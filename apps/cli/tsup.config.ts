import { defineConfig } from "tsup";

export default defineConfig({
  entry: { bayling: "src/bayling.ts" },
  format: "esm",
  platform: "node",
  target: "node20",
  splitting: true,
  clean: true,
  dts: false,
});
