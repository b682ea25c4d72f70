import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

type Device = "cuda" | "vulkan" | "metal" | "cpu";

/** What decides which devices can be had. */
export interface MachineFacts {
  /** As npm's packages call it: "linux-x64", "mac-arm64", "win-x64". */
  readonly platform: string;
  /** Whether there is a build of llama.cpp for the device, from npm or built here; nobody has run it yet. */
  readonly hasBinary: (device: Device) => boolean;
  readonly hasNvidiaDriver: boolean;
  /** Libraries of the CUDA toolkit that cannot be found. */
  readonly missingCudaLibraries: readonly string[];
  readonly hasVulkanLoader: boolean;
}

/** Looks around and runs nothing. */
export function readMachineFacts(): MachineFacts {
  const windows = process.platform === "win32";
  const find = windows ? windowsLibraries() : linuxLibraries();
  const toolkit = windows ? ["cudart64_", "cublas64_"] : ["libcudart.so", "libcublas.so"];
  const platform = platformName(process.platform, process.arch);
  return {
    platform,
    hasBinary: (device) => hasBinary(platform, device),
    hasNvidiaDriver: find(windows ? "nvcuda.dll" : "libcuda.so") || fs.existsSync("/proc/driver/nvidia/version"),
    missingCudaLibraries: toolkit.filter((name) => !find(name)).map((name) => name.replace(/64_$/, "")),
    hasVulkanLoader: find(windows ? "vulkan-1.dll" : "libvulkan.so"),
  };
}

export function platformName(platform: string, architecture: string): string {
  const system = { darwin: "mac", win32: "win" }[platform] ?? platform;
  return `${system}-${architecture === "arm" ? "armv7l" : architecture}`;
}

/** The packages of npm with builds for a device. Macs with Apple's processors have one for Metal and the CPU. */
export function packageOf(platform: string, device: Device): string {
  const build = device === "cpu" ? (platform === "mac-arm64" ? "metal" : undefined) : device;
  return `@node-llama-cpp/${[platform, build].filter((part) => part !== undefined).join("-")}`;
}

/** Builds that npm has (node-llama-cpp 3.21). Others are made on the machine. */
const packages = new Set(
  ["linux-x64", "linux-x64-cuda", "linux-x64-vulkan", "linux-arm64", "linux-armv7l", "linux-riscv64"]
    .concat(["mac-arm64-metal", "mac-x64", "win-x64", "win-x64-cuda", "win-x64-vulkan", "win-arm64"])
    .map((name) => `@node-llama-cpp/${name}`),
);

export function isOnNpm(packageName: string): boolean {
  return packages.has(packageName);
}

function hasBinary(platform: string, device: Device): boolean {
  let entry: string;
  try {
    entry = createRequire(import.meta.url).resolve("node-llama-cpp");
  } catch {
    return false;
  }
  try {
    const module = createRequire(entry).resolve(packageOf(platform, device));
    // An empty package that was put in its place resolves too, but has no binaries.
    if (fs.existsSync(path.join(path.dirname(module), "..", "bins"))) return true;
  } catch {
    // Nothing is installed for this platform; it can still have been built here.
  }
  const built = path.basename(packageOf(platform, device));
  const builds = filesOf(path.join(path.dirname(entry), "..", "llama", "localBuilds"));
  const otherDevices = /^-(cuda|vulkan|metal)\b/;
  return builds.some((name) => name.startsWith(built) && !otherDevices.test(name.slice(built.length)));
}

/** Whether a library whose name begins so would be found by the loader of Linux. */
function linuxLibraries(): (beginning: string) => boolean {
  // The loader's own index. Its format does not matter for whether a name is in it.
  let index = "";
  try {
    index = fs.readFileSync("/etc/ld.so.cache", "latin1");
  } catch {
    // Alpine and NixOS have none.
  }
  const folders = (process.env.LD_LIBRARY_PATH ?? "").split(":").filter((folder) => folder !== "");
  const files = [...folders, "/lib", "/usr/lib", "/lib64", "/usr/lib64", "/usr/lib/wsl/lib"].flatMap(filesOf);
  return (beginning) => index.includes(beginning) || files.some((file) => file.startsWith(beginning));
}

function windowsLibraries(): (beginning: string) => boolean {
  const system = path.join(process.env.SystemRoot ?? "C:\\Windows", "System32");
  const files = [system, ...(process.env.PATH ?? "").split(";")].flatMap(filesOf).map((file) => file.toLowerCase());
  return (beginning) => files.some((file) => file.startsWith(beginning));
}

function filesOf(folder: string): string[] {
  try {
    return fs.readdirSync(folder);
  } catch {
    return [];
  }
}
