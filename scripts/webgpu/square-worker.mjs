import { squareOnGpu } from "./square.mjs";

try {
  self.postMessage({ result: await squareOnGpu(navigator.gpu) });
} catch (error) {
  self.postMessage({ error: String(error) });
}
