import { expect, test } from "vitest";
import { findLibraries } from "./loaded-libraries.ts";

const modules = "/app/node_modules/@node-llama-cpp";
const cpu = [
  `${modules}/linux-x64/bins/linux-x64/llama-addon.node`,
  `${modules}/linux-x64/bins/linux-x64/libllama-common.so`,
  `${modules}/linux-x64/bins/linux-x64/libllama.v0.4.0.so`,
  `${modules}/linux-x64/bins/linux-x64/libggml.v0.4.0.so`,
  `${modules}/linux-x64/bins/linux-x64/libggml-base.so`,
  `${modules}/linux-x64/bins/linux-x64/libggml-cpu-haswell.so`,
];
/** As Linux loads it second: what has a name that is loaded already is not loaded again. */
const cuda = [
  `${modules}/linux-x64-cuda/bins/linux-x64-cuda/llama-addon.node`,
  `${modules}/linux-x64-cuda/bins/linux-x64-cuda/libllama.cuda.v0.4.0.so`,
  `${modules}/linux-x64-cuda/bins/linux-x64-cuda/libggml.cuda.v0.4.0.so`,
  `${modules}/linux-x64-cuda/bins/linux-x64-cuda/libggml-cuda.so`,
];
const others = ["/lib/x86_64-linux-gnu/libc.so.6", "/usr/local/cuda/lib64/libcudart.so.13"];

test("finds the libraries of the only runtime", () => {
  expect(findLibraries("cpu", others, [...others, ...cpu])).toEqual({ llama: cpu[2], ggmlBase: cpu[4] });
});

test("tells the one that was opened last from those before", () => {
  const before = [...others, ...cpu];
  expect(findLibraries("cuda", before, [...before, ...cuda])).toEqual({ llama: cuda[1], ggmlBase: cpu[4] });
});

test("tells them by the device when the program itself had opened both", () => {
  const all = [...others, ...cpu, ...cuda];
  expect(findLibraries("cuda", all, all).llama).toBe(cuda[1]);
  expect(findLibraries("cpu", all, all).llama).toBe(cpu[2]);
});

test("does not guess between two of one kind", () => {
  const copies = cpu.map((file) => file.replace("/app/", "/other/"));
  const all = [...cpu, ...copies];
  expect(findLibraries("cpu", all, all)).toEqual({ llama: undefined, ggmlBase: undefined });
  expect(findLibraries("cpu", cpu, all)).toEqual({ llama: copies[2], ggmlBase: copies[4] });
});

test("knows the names of other systems", () => {
  const mac = ["llama-addon.node", "libllama-common.dylib", "libllama.metal.v0.4.0.dylib", "libggml-base.dylib"];
  const paths = mac.map((name) => `/app/bins/mac-arm64-metal/${name}`);
  expect(findLibraries("metal", [], paths)).toEqual({ llama: paths[2], ggmlBase: paths[3] });
});

test("says when there is none", () => {
  expect(findLibraries("cpu", others, others)).toEqual({ llama: undefined, ggmlBase: undefined });
});
