import { runReadme } from "../../README.md";

self.onmessage = async ({ data: source }) => {
  try {
    self.postMessage({ text: await runReadme(source) });
  } catch (error) {
    self.postMessage({ error: String(error) });
  }
};
