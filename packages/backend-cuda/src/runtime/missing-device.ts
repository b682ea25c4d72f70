import type { BayLingError } from "@bayling/core/backend";
import { notAvailable } from "../cuda-errors.ts";
import type { CudaDevice } from "../cuda-options.ts";
import { isOnNpm, type MachineFacts, packageOf } from "./machine-facts.ts";

type Device = Exclude<CudaDevice, "auto">;

const deviceNames = { cuda: "CUDA", vulkan: "Vulkan", metal: "Metal", cpu: "the CPU" } as const;

/** Why a device is not there, and what is. `cause` is what node-llama-cpp threw, if it threw. */
export function missingDevice(device: CudaDevice, facts: MachineFacts, cause?: unknown): BayLingError {
  const { problem, remedy } = whyNot(device === "auto" ? "cpu" : device, facts);
  const others = (["cuda", "metal", "vulkan", "cpu"] as const).filter(
    (other) => other !== device && device !== "auto" && canBeTried(other, facts),
  );
  const there = others.length === 0 ? undefined : `${listed(others.map((other) => deviceNames[other]))} can be used`;
  const help = [remedy, there === undefined ? undefined : `Here ${there}: ${options(others)}`];
  return notAvailable(problem, help.filter((part) => part !== undefined).join(". "), cause);
}

/** The reason that can be seen before anything is loaded; undefined when the device is worth trying. */
export function impossible(device: CudaDevice, facts: MachineFacts): BayLingError | undefined {
  if (device === "auto") return undefined;
  return canBeTried(device, facts) ? undefined : missingDevice(device, facts);
}

function canBeTried(device: Device, facts: MachineFacts): boolean {
  return runsOn(device, facts.platform) && facts.hasBinary(device) && missingParts(device, facts) === undefined;
}

function runsOn(device: Device, platform: string): boolean {
  const mac = platform.startsWith("mac");
  if (device === "metal") return mac;
  return device === "cpu" || !mac;
}

interface Reason {
  readonly problem: string;
  readonly remedy?: string | undefined;
}

function whyNot(device: Device, facts: MachineFacts): Reason {
  const name = deviceNames[device];
  if (!runsOn(device, facts.platform)) return { problem: `there is no ${name} on this system (${facts.platform})` };
  if (!facts.hasBinary(device)) return missingBinary(device, facts.platform);
  return (
    missingParts(device, facts) ?? {
      problem: `llama.cpp finds no device for ${name} that it can use`,
      remedy:
        device === "cuda"
          ? "See whether nvidia-smi lists a GPU, and whether its driver is new enough for the installed CUDA toolkit"
          : undefined,
    }
  );
}

function missingBinary(device: Device, platform: string): Reason {
  const problem = `there is no build of llama.cpp for ${deviceNames[device]} here`;
  const build = `build it: npx --no node-llama-cpp source download --gpu ${device === "cpu" ? "false" : device}`;
  const packageName = packageOf(platform, device);
  if (!isOnNpm(packageName))
    return { problem: `${problem}, and npm has none for ${platform}`, remedy: `To have one, ${build}` };
  return {
    problem: `${problem}: the npm package ${packageName} is not installed, or empty`,
    remedy: `Install it (npm leaves it out for --omit=optional or an override), or ${build}`,
  };
}

function missingParts(device: Device, facts: MachineFacts): Reason | undefined {
  if (device === "vulkan" && !facts.hasVulkanLoader) {
    return {
      problem: "the Vulkan loader is not installed",
      remedy: "Install it (libvulkan1 on Debian and Ubuntu) and a driver with Vulkan",
    };
  }
  if (device !== "cuda") return undefined;
  if (!facts.hasNvidiaDriver) {
    return {
      problem: "there is no driver of NVIDIA (libcuda.so.1 or nvcuda.dll was not found)",
      remedy: "Install the driver; in a container, pass the GPU on to it",
    };
  }
  if (facts.missingCudaLibraries.length === 0) return undefined;
  return {
    problem: `libraries of the CUDA toolkit were not found: ${facts.missingCudaLibraries.join(", ")}`,
    remedy:
      "Install the CUDA toolkit 12 or 13, and let the system find its libraries (LD_LIBRARY_PATH, ldconfig, PATH)",
  };
}

function options(devices: readonly Device[]): string {
  return devices.map((device) => `cuda({ device: "${device}" })`).join(", ");
}

function listed(words: readonly string[]): string {
  const last = words.at(-1) ?? "";
  return words.length < 2 ? last : `${words.slice(0, -1).join(", ")} and ${last}`;
}
