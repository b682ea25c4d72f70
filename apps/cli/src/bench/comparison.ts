import type { CudaPlacement } from "@bayling/backend-cuda";
import { BayLingError } from "@bayling/core";
import type { BackendName, LlamaFlags } from "../backends.ts";
import type { Context } from "../context.ts";
import { openModel, sequencesFor } from "../open-model.ts";
import { type GenerationFlags, toGenerateOptions } from "../options/generation-options.ts";
import type { ModelFlags } from "../options/model-options.ts";
import { type BenchSizes, chooseSizes, type SizeFlags } from "./bench-sizes.ts";
import { describeMachine, type Machine } from "./machine.ts";
import { type Measurement, modelContestant, somePrompt } from "./measure.ts";
import { measureShowing } from "./measure-showing.ts";
import { openPeer, peerName } from "./peer.ts";

export interface ComparisonFlags extends Omit<ModelFlags, "backend">, GenerationFlags, SizeFlags {
  readonly backends: readonly BackendName[];
  readonly peer: boolean;
}

/** What one of those that were compared did. */
export interface ComparedBackend extends Measurement {
  readonly name: string;
  /** What computed, where the backend can choose. */
  readonly device?: string | undefined;
  readonly placement?: CudaPlacement | undefined;
  readonly loadSeconds: number;
}

export interface ComparisonReport {
  readonly model: { readonly source: string; readonly name: string | undefined };
  readonly machine: Machine;
  readonly contextLength: number;
  readonly compared: readonly ComparedBackend[];
  /** Those that cannot run here, and why. */
  readonly leftOut: readonly { readonly name: string; readonly reason: string }[];
}

/** Sizes that others publish numbers for. */
export const usualComparison = { prefill: 512, decode: 128 } as const;

/**
 * Measures one backend after the other in one run, each with the same model, prompt and sizes.
 * @throws BayLingError `backend-not-available` when none of them can run here
 */
export async function compareBackends(
  context: Context,
  source: string,
  flags: ComparisonFlags,
  signal: AbortSignal,
): Promise<ComparisonReport> {
  const { terminal } = context;
  const compared: ComparedBackend[] = [];
  const leftOut: { name: string; reason: string }[] = [];
  let first: Described | undefined;
  let failure: unknown;
  const attempt = async (name: string, work: () => Promise<ComparedBackend>) => {
    try {
      compared.push(await work());
    } catch (error) {
      if (!BayLingError.isInstance(error) || error.code !== "backend-not-available") throw error;
      failure ??= error;
      leftOut.push({ name, reason: error.message });
    }
  };

  for (const name of flags.backends) {
    await attempt(name, async () => {
      const given = { ...flags, backend: name, ...(name === "cuda" ? {} : noLlamaFlags) };
      const sequences = sequencesFor(flags.beams) + 1;
      const { model, llama, loadSeconds } = await openModel(context, source, given, { sequences, signal });
      try {
        const { contextLength, config } = model;
        const sizes = chooseSizes(flags, contextLength, usualComparison);
        const prompt = somePrompt(model, sizes.prefillTokens);
        first ??= { modelName: config.name, contextLength, sizes, prompt };
        const options = { ...toGenerateOptions(flags), stop: undefined, maxTokens: undefined, signal };
        const measurement = await measureShowing(terminal, modelContestant(model, options), prompt, sizes, name);
        const placement = llama?.placement;
        return { name, device: placement?.device, placement, loadSeconds, ...measurement };
      } finally {
        await model.dispose();
      }
    });
  }
  if (first === undefined) throw failure;
  if (flags.peer) {
    const { contextLength, prompt, sizes } = first;
    const placement = compared.find(({ name }) => name === "cuda")?.placement;
    await attempt(peerName, async () => {
      const peer = await openPeer({ file: source, contextLength, placement, signal, ...llamaFlags(flags) });
      try {
        const measurement = await measureShowing(terminal, peer.contestant, prompt, sizes, peerName);
        return { name: peerName, device: peer.device, loadSeconds: peer.loadSeconds, ...measurement };
      } finally {
        await peer.dispose();
      }
    });
  }
  const { modelName, contextLength } = first;
  return { model: { source, name: modelName }, machine: describeMachine(), contextLength, compared, leftOut };
}

interface Described {
  readonly modelName: string | undefined;
  readonly contextLength: number;
  readonly sizes: BenchSizes;
  readonly prompt: readonly number[];
}

const noLlamaFlags: LlamaFlags = { device: undefined, gpuLayers: undefined, threads: undefined };

function llamaFlags({ device, gpuLayers, threads }: LlamaFlags): LlamaFlags {
  return { device, gpuLayers, threads };
}
