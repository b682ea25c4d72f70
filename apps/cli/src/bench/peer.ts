import type { CudaPlacement } from "@bayling/backend-cuda";
import { BayLingError, isFolder } from "@bayling/core";
import type { LlamaFlags } from "../backends.ts";
import { UsageError } from "../exit-codes.ts";
import type { Contestant, Round } from "./measure.ts";

export const peerName = "node-llama-cpp";

export interface Peer {
  readonly contestant: Contestant;
  readonly loadSeconds: number;
  /** What it runs on: "cuda", "cpu" … */
  readonly device: string;
  dispose(): Promise<void>;
}

export interface PeerOptions extends LlamaFlags {
  readonly file: string;
  readonly contextLength: number;
  /** Where our own backend put the model: the peer then gets the same. */
  readonly placement: CudaPlacement | undefined;
  readonly signal: AbortSignal;
}

/**
 * node-llama-cpp as its own documentation uses it, with the device, layers and threads of our backend over it.
 * @throws BayLingError `backend-not-available`
 */
export async function openPeer({ file, contextLength, placement, signal, ...flags }: PeerOptions): Promise<Peer> {
  if (/^https?:/i.test(file)) throw new UsageError("--peer needs a model in a file: node-llama-cpp reads no URLs");
  if (await isFolder(file)) throw new UsageError("--peer needs a GGUF file: node-llama-cpp reads no safetensors");
  const began = performance.now();
  const { getLlama, LlamaLogLevel } = await importPeer();
  const device = placement?.device ?? flags.device ?? "auto";
  const llama = await getLlama({
    gpu: device === "cpu" ? false : device,
    ...{ build: "never", skipDownload: true, progressLogs: false, logLevel: LlamaLogLevel.error, maxThreads: 0 },
  }).catch((cause: unknown) => {
    throw notAvailable(`has no build of llama.cpp for ${device} that works here`, cause);
  });
  const gpuLayers = placement?.gpuLayers ?? flags.gpuLayers;
  const model = await llama.loadModel({
    modelPath: file,
    loadSignal: signal,
    ...(gpuLayers === undefined ? {} : { gpuLayers }),
  });
  const threads = placement?.threads ?? flags.threads;
  const context = await model.createContext({
    contextSize: contextLength,
    ...(threads === undefined ? {} : { threads }),
  });
  const sequence = context.getSequence();
  return {
    device: llama.gpu === false ? "cpu" : llama.gpu,
    loadSeconds: (performance.now() - began) / 1000,
    contestant: async (prompt, decodeTokens): Promise<Round> => {
      await sequence.clearHistory();
      const start = performance.now();
      let first = 0;
      let drawn = 0;
      const tokens = prompt as unknown as Parameters<typeof sequence.evaluate>[0];
      for await (const _ of sequence.evaluate(tokens, { temperature: 0, yieldEogToken: true })) {
        signal.throwIfAborted();
        if (drawn === 0) first = performance.now();
        if (drawn++ === decodeTokens) break;
      }
      return { prefill: (first - start) / 1000, decode: (performance.now() - first) / 1000 };
    },
    dispose: async () => {
      await context.dispose();
      await model.dispose();
    },
  };
}

async function importPeer(): Promise<typeof import("node-llama-cpp")> {
  try {
    return await import("node-llama-cpp");
  } catch (cause) {
    throw notAvailable("is not installed, or cannot be loaded", cause, "Install it: npm install node-llama-cpp");
  }
}

function notAvailable(problem: string, cause: unknown, remedy?: string): BayLingError {
  return new BayLingError("backend-not-available", {
    field: "--peer",
    problem: `the npm package "node-llama-cpp" ${problem}`,
    remedy,
    cause,
  });
}
