import { expect, test } from "vitest";
import { squareOnGpu, squares } from "./square.mjs";

function check(result) {
  if (result === undefined) throw new Error("this browser has navigator.gpu, and finds no GPU");
  expect(result.squares).toEqual(squares);
  return result;
}

test("WebGPU computes in a page", async () => {
  const { adapter } = check(await squareOnGpu(navigator.gpu));
  console.log(`${navigator.userAgent.match(/Chrome\/\d+/)} computes on ${adapter}`);
});

test("WebGPU computes in a module worker", async () => {
  const worker = new Worker(new URL("./square-worker.mjs", import.meta.url), { type: "module" });
  try {
    const { result, error } = await new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = ({ message }) => reject(new Error(message));
    });
    expect(error).toBeUndefined();
    check(result);
  } finally {
    worker.terminate();
  }
});
