import { type BackendModel, BayLingError, type LoadedModel, type LoadOptions } from "@bayling/core/backend";
import { failed, outOfMemory } from "./cuda-errors.ts";
import { CudaModel } from "./cuda-model.ts";
import type { CudaOptions } from "./cuda-options.ts";
import type { CudaPlacement } from "./cuda-placement.ts";
import type { LlamaLibrary, ModelDescription } from "./library/llama-library.ts";
import { NativeContext } from "./library/native-context.ts";
import { NativeModel } from "./library/native-model.ts";
import type { LlamaRuntime } from "./llama-runtime.ts";
import type { LoadStages } from "./load-stages.ts";
import type { LoweredModel } from "./lowering/lowered-model.ts";
import { choosePlacement } from "./placement/choose-placement.ts";
import { batchTokens, outputRows } from "./placement/decode-size.ts";

export interface LibraryLoad {
  readonly runtime: LlamaRuntime;
  readonly library: LlamaLibrary;
  readonly lowered: LoweredModel;
  readonly model: LoadedModel;
  readonly options: CudaOptions;
  readonly load: LoadOptions;
  readonly stages: LoadStages;
  readonly report: (placement: CudaPlacement) => void;
}

/** Runs a model through llama.cpp's C API. */
export async function loadThroughLibrary(given: LibraryLoad): Promise<BackendModel> {
  const { runtime, library, lowered, model, options, load, stages, report } = given;
  const { config } = model.graph;
  const maxSequences = Math.min(load.maxSequences, library.mostSequences());
  const cacheType = options.cacheType ?? "f16";
  const placement = await choosePlacement(runtime, model, { ...options, cacheType }, { ...load, maxSequences });
  const native = await NativeModel.load(library, lowered, {
    gpuLayers: placement.gpuLayers,
    onProgress: (fraction) => stages.loaded(fraction),
    signal: load.signal,
  });
  if (native === undefined) throw await loadFailed(runtime, lowered);
  try {
    checkDescription(native.description, lowered, model.name);
    const openContext = (positions: number) =>
      NativeContext.open(native, {
        ...{ positions, sequences: maxSequences, threads: placement.threads, cacheType, outputs: outputRows },
        batchTokens: batchTokens[placement.gpuLayers > 0 ? "gpu" : "cpu"],
      });
    const context = await openContext(placement.positions);
    const positionBytes =
      2 * config.numHiddenLayers * config.numKeyValueHeads * config.headSize * (cacheType === "f16" ? 2 : 4);
    if (context === undefined) throw outOfMemory("KV cache", placement.positions * positionBytes);
    if (load.signal?.aborted) {
      await context.dispose();
      throw load.signal.reason;
    }
    stages.loaded(1);
    report({ ...placement, cacheType, through: "library", release: runtime.release });
    const { contextLength } = load;
    const { mostPositions } = placement;
    return new CudaModel({
      ...{ model: native, context, openContext, positionBytes, mostPositions, contextLength, maxSequences },
    });
  } catch (error) {
    await native.dispose();
    throw error;
  }
}

async function loadFailed({ messages }: LlamaRuntime, { paths }: LoweredModel): Promise<BayLingError> {
  await new Promise((resolve) => setTimeout(resolve, 20)); // its messages take their way through the event loop
  return failed(`llama.cpp cannot load ${paths.join(", ")}: ${messages.join("; ") || "it does not say why"}`);
}

/** Compares what llama.cpp has read with the graph that it is to run. */
function checkDescription(
  description: ModelDescription,
  { expected, vocabularySize }: LoweredModel,
  name: string,
): void {
  const ropeTypes = { interleaved: 0, halves: 2 } as const;
  const { ropePairing, ...counts } = expected;
  const wanted: Readonly<Record<string, number>> = { ...counts, vocabularySize, ropeType: ropeTypes[ropePairing] };
  for (const [field, value] of Object.entries(wanted)) {
    const actual = description[field as keyof ModelDescription];
    if (actual === value) continue;
    throw new BayLingError("architecture-not-supported", {
      source: name,
      field,
      problem: "llama.cpp reads the model as another one",
      expected: String(value),
      received: String(actual),
    });
  }
}
