import { expect, test } from "vitest";
import { type MachineFacts, packageOf, platformName } from "./machine-facts.ts";
import { impossible, missingDevice } from "./missing-device.ts";

const complete: MachineFacts = {
  platform: "linux-x64",
  hasBinary: (device) => device !== "metal",
  hasNvidiaDriver: true,
  missingCudaLibraries: [],
  hasVulkanLoader: true,
};

test("lets everything be tried that could be there", () => {
  for (const device of ["auto", "cuda", "vulkan", "cpu"] as const) expect(impossible(device, complete)).toBeUndefined();
});

test("names the driver before the libraries, and what can be used instead", () => {
  const facts = { ...complete, hasNvidiaDriver: false, missingCudaLibraries: ["libcudart.so"] };
  const error = impossible("cuda", facts)!;
  expect(error.code).toBe("backend-not-available");
  expect(error.message).toContain("no driver of NVIDIA");
  expect(error.message).toContain(
    'Vulkan and the CPU can be used: cuda({ device: "vulkan" }), cuda({ device: "cpu" })',
  );
});

test("names the libraries of the CUDA toolkit that are missing", () => {
  const error = impossible("cuda", { ...complete, missingCudaLibraries: ["libcudart.so", "libcublas.so"] })!;
  expect(error.message).toMatch(/CUDA toolkit were not found: libcudart\.so, libcublas\.so\./);
});

test("a package that is left out can be installed, one that npm does not have must be built", () => {
  const onlyCpu = (device: string) => device === "cpu";
  const left = impossible("cuda", { ...complete, hasBinary: onlyCpu })!;
  expect(left.message).toContain("@node-llama-cpp/linux-x64-cuda is not installed, or empty");
  expect(left.message).toContain("source download --gpu cuda");
  expect(left.message).not.toContain("vulkan");
  const none = impossible("cuda", { ...complete, platform: "linux-arm64", hasBinary: onlyCpu })!;
  expect(none.message).toContain("npm has none for linux-arm64");
  expect(none.message).not.toContain("@node-llama-cpp");
});

test("where nothing is there, nothing is offered", () => {
  const error = missingDevice("auto", { ...complete, hasBinary: () => false });
  expect(error.message).toContain("no build of llama.cpp for the CPU");
  expect(error.message).not.toContain("can be used");
});

test("a device that llama.cpp does not find, with its cause", () => {
  const cause = new Error("no binary");
  const error = missingDevice("cuda", complete, cause);
  expect(error.message).toContain("llama.cpp finds no device for CUDA that it can use");
  expect(error.message).toContain("nvidia-smi");
  expect(error.cause).toBe(cause);
});

test("devices of other systems", () => {
  expect(impossible("metal", complete)!.message).toContain("no Metal on this system (linux-x64)");
  const mac = { ...complete, platform: "mac-arm64", hasBinary: () => true };
  expect(impossible("metal", mac)).toBeUndefined();
  expect(impossible("cuda", mac)!.message).toMatch(/no CUDA on this system.*Metal and the CPU can be used/);
});

test("the loader of Vulkan", () => {
  expect(impossible("vulkan", { ...complete, hasVulkanLoader: false })!.message).toContain("libvulkan1");
});

test.each([
  ["linux", "x64", "cpu", "linux-x64"],
  ["linux", "arm", "cpu", "linux-armv7l"],
  ["win32", "x64", "cuda", "win-x64-cuda"],
  ["darwin", "arm64", "metal", "mac-arm64-metal"],
  ["darwin", "arm64", "cpu", "mac-arm64-metal"],
  ["darwin", "x64", "cpu", "mac-x64"],
] as const)("packages of %s on %s for %s", (platform, architecture, device, name) => {
  expect(packageOf(platformName(platform, architecture), device)).toBe(`@node-llama-cpp/${name}`);
});
