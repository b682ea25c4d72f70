import type { ProbeResult } from "@bayling/core/backend";
import { limitsTooSmall } from "./device/limits.ts";
import { notAvailable } from "./webgpu-errors.ts";
import type { WebGpuOptions } from "./webgpu-options.ts";

type AdapterOptions = Pick<WebGpuOptions, "powerPreference">;

/**
 * What Dawn is asked for in Node, and pages of a browser cannot ask for: features that it holds back, and workgroup memory
 * that is not zeroed first, since no kernel of this package reads what it has not written (and zeroing 16 KiB takes
 * SwiftShader two seconds to compile). Where they are not there, nothing is lost.
 */
const dawnFeatures = ["allow_unsafe_apis", "vulkan_enable_f16_on_nvidia", "disable_workgroup_init"];

/** Dawn frees everything of a `GPU` object that is collected, devices in use included. */
let dawn: Promise<GPU> | undefined;

/** WebGPU as the platform has it, or, in Node, as the npm package `webgpu` brings it. Throws the reason why not. */
async function findGpu(): Promise<GPU> {
  const builtIn = (globalThis as { navigator?: { gpu?: GPU } }).navigator?.gpu;
  if (builtIn !== undefined) return builtIn;
  const { process } = globalThis as { process?: { versions?: { node?: string } } };
  if (process?.versions?.node === undefined) {
    throw notAvailable(
      globalThis.isSecureContext === false
        ? "WebGPU is only there for pages served over HTTPS or from localhost"
        : "this browser has no WebGPU (no navigator.gpu)",
      globalThis.isSecureContext === false
        ? "Serve the page over HTTPS"
        : "Use a current Chrome, Edge, Firefox or Safari; on Linux WebGPU may have to be switched on",
    );
  }
  dawn ??= loadDawn();
  try {
    return await dawn;
  } catch (cause) {
    dawn = undefined;
    throw cause;
  }
}

/** What WGSL can do here beyond its first version. */
export async function findLanguageFeatures(): Promise<ReadonlySet<string>> {
  const gpu = await findGpu().catch(() => undefined);
  return gpu?.wgslLanguageFeatures ?? new Set();
}

async function loadDawn(): Promise<GPU> {
  const name = "webgpu"; // a variable: bundlers for browsers must not look for it
  let module: { create(flags: string[]): GPU };
  try {
    module = await import(/* @vite-ignore */ /* webpackIgnore: true */ name);
  } catch (cause) {
    const missing = (cause as { code?: string }).code === "ERR_MODULE_NOT_FOUND";
    throw missing
      ? notAvailable('the npm package "webgpu" is not installed', "Install it: npm install webgpu", cause)
      : notAvailable(`the npm package "webgpu" could not be loaded: ${String(cause)}`, undefined, cause);
  }
  return module.create([`enable-dawn-features=${dawnFeatures.join(",")}`]);
}

/** @throws BayLingError `backend-not-available`, with the reason in words */
export async function requestAdapter({ powerPreference }: AdapterOptions): Promise<GPUAdapter> {
  const gpu = await findGpu();
  const adapter = await gpu.requestAdapter(powerPreference === undefined ? {} : { powerPreference });
  if (adapter !== null) return adapter;
  throw notAvailable(
    "WebGPU is there, but finds no GPU that it may use",
    "Update the graphics driver; on Linux install the Vulkan loader (libvulkan1) and the driver's Vulkan part",
  );
}

export const limitsRemedy =
  "Ask for the limits of the adapter when you make a device, and for an adapter that is none of compatibility mode";

/** What a person calls the adapter. */
export function adapterName(info: GPUAdapterInfo | undefined): string {
  const { vendor = "", architecture = "", device = "", description = "" } = info ?? {};
  if (description !== "") return description;
  const name = [vendor, device === "" ? architecture : device].filter((part) => part !== "").join(" ");
  return name === "" ? "a GPU that does not say its name" : name;
}

/** Whether a device can be had, or whether the one that was given can be used. */
export async function probeWebGpu(options: Pick<WebGpuOptions, "device" | "powerPreference">): Promise<ProbeResult> {
  try {
    const given = options.device as GPUDevice | undefined;
    if (given !== undefined && (await isLost(given))) {
      return { available: false, reason: "the device that was passed to webgpu() is lost: make a new one" };
    }
    const adapter = given ?? (await requestAdapter(options));
    const name = adapterName("info" in adapter ? adapter.info : adapter.adapterInfo);
    const problem = limitsTooSmall(adapter.limits);
    if (problem === undefined) return { available: true, devices: [{ name }] };
    return { available: false, reason: `${name} cannot run models: ${problem}. ${limitsRemedy}.` };
  } catch (error) {
    return { available: false, reason: error instanceof Error ? error.message : String(error) };
  }
}

function isLost(device: GPUDevice): Promise<boolean> {
  const later = new Promise<boolean>((resolve) => setTimeout(resolve, 0, false));
  return Promise.race([device.lost.then(() => true), later]);
}
