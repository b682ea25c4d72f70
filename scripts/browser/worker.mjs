import { readmes } from "./readmes.mjs";

self.onmessage = async ({ data: { backend, source } }) => {
  try {
    self.postMessage({ text: await readmes[backend](source) });
  } catch (error) {
    self.postMessage({ error: String(error) });
  }
};
