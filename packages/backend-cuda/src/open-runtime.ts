import type { Llama, LlamaGpuType } from "node-llama-cpp";
import { messageOf, notAvailable } from "./cuda-errors.ts";
import type { CudaDevice } from "./cuda-options.ts";
import type { LlamaRuntime } from "./llama-runtime.ts";
import { findLibraries, loadedFiles } from "./runtime/loaded-libraries.ts";
import { readMachineFacts } from "./runtime/machine-facts.ts";
import { impossible, missingDevice } from "./runtime/missing-device.ts";

/** One for each device and the whole process, for good: libraries of a GPU do not like to be unloaded. */
const runtimes = new Map<CudaDevice, LlamaRuntime>();

/** Errors of llama.cpp that are kept; it also writes one for every abort. */
const mostMessages = 20;

/** Settles when nothing is being opened. What a runtime brings into the process is found by looking before and after. */
let opening: Promise<unknown> = Promise.resolve();

/**
 * llama.cpp for a device, as node-llama-cpp finds it: built on this machine, or from npm. Nothing is built or
 * downloaded. What could not be opened may be tried again.
 *
 * All runtimes of a process may see the devices of all others, whatever `device` says: a model must be told its own.
 * @throws BayLingError `backend-not-available`: why not, and what is there instead
 */
export function openRuntime(device: CudaDevice): Promise<LlamaRuntime> {
  const attempt = opening.then(() => openedOrOpen(device));
  opening = attempt.catch(() => {});
  return attempt;
}

async function openedOrOpen(device: CudaDevice): Promise<LlamaRuntime> {
  const known = runtimes.get(device);
  // node-llama-cpp disposes its runtimes when Node runs out of work; a program may go on after that.
  if (known !== undefined && !known.llama.disposed) return known;
  const runtime = await open(device);
  runtimes.set(device, runtime);
  runtimes.set(runtime.device, runtime);
  return runtime;
}

async function open(device: CudaDevice): Promise<LlamaRuntime> {
  const { getLlama, LlamaLogLevel } = await importNodeLlamaCpp();
  const facts = readMachineFacts();
  const problem = impossible(device, facts);
  if (problem !== undefined) throw problem;
  const before = loadedFiles();
  const messages: string[] = [];
  let llama: Llama;
  try {
    llama = await getLlama({
      // Macs with Apple's processors have one build, which runs on the CPU when it is given no other device.
      gpu: device === "cpu" ? (facts.platform === "mac-arm64" ? "metal" : false) : device,
      build: "never",
      skipDownload: true,
      progressLogs: false,
      logLevel: LlamaLogLevel.error,
      logger: (_, message) => {
        messages.push(message.trim());
        if (messages.length > mostMessages) messages.shift();
      },
      maxThreads: 0, // as many as are asked for, and no others
    });
  } catch (cause) {
    throw missingDevice(device, facts, cause);
  }
  const found = await foundDevice(llama);
  // node-llama-cpp takes another device for one that it thinks impossible, and a build can find no GPU.
  if (device !== "auto" && device !== "cpu" && found !== device) throw missingDevice(device, facts);
  const used = device === "cpu" ? "cpu" : found;
  return {
    llama,
    device: used,
    release: llama.llamaCppRelease.release,
    messages,
    libraries: findLibraries(llama.gpu === false ? "cpu" : llama.gpu, before, loadedFiles()),
  };
}

/** A build for a GPU says so even where there is none. */
async function foundDevice(llama: Llama): Promise<Exclude<LlamaGpuType, false> | "cpu"> {
  if (llama.gpu === false) return "cpu";
  return (await llama.getGpuDeviceNames()).length > 0 ? llama.gpu : "cpu";
}

async function importNodeLlamaCpp(): Promise<typeof import("node-llama-cpp")> {
  try {
    return await import("node-llama-cpp");
  } catch (cause) {
    const missing = (cause as { code?: string }).code === "ERR_MODULE_NOT_FOUND";
    throw missing
      ? notAvailable(
          'the npm package "node-llama-cpp" is not installed',
          "Install it: npm install node-llama-cpp",
          cause,
        )
      : notAvailable(`the npm package "node-llama-cpp" could not be loaded: ${messageOf(cause)}`, undefined, cause);
  }
}
