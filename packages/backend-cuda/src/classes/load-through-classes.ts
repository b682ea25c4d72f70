import { type BackendModel, BayLingError } from "@bayling/core/backend";
import type { LlamaModel } from "node-llama-cpp";
import type { LibraryLoad } from "../load-through-library.ts";
import { choosePlacement } from "../placement/choose-placement.ts";
import { batchTokens } from "../placement/decode-size.ts";
import { loadFailure } from "./class-failure.ts";
import { ClassModel } from "./class-model.ts";
import { openContext } from "./open-context.ts";
import { skipVocabularyCheck } from "./vocabulary-check.ts";

export interface ClassesLoad extends Omit<LibraryLoad, "library"> {
  /** Why the model is not run through the library. */
  readonly reason: string;
}

/** llama.cpp's `LLAMA_MAX_SEQ`; with more it makes no context. */
const mostSequences = 256;

/**
 * Runs a model through node-llama-cpp's classes, which are the same for every release of llama.cpp. What they cannot do
 * (forks, masks, the best few tokens alone) core does instead.
 * @throws BayLingError `out-of-memory`, `backend-failed`; the signal's reason
 */
export async function loadThroughClasses(given: ClassesLoad): Promise<BackendModel> {
  const { runtime, lowered, model, options, load, stages, report, reason } = given;
  const { signal, contextLength } = load;
  const cacheType = options.cacheType ?? "f16";
  const maxSequences = Math.min(load.maxSequences, mostSequences);
  const placement = await choosePlacement(runtime, model, { ...options, cacheType }, { ...load, maxSequences });
  const loaded = await loadModel(given, placement.gpuLayers);
  try {
    checkHiddenSize(loaded, given);
    const maxBatchTokens = Math.min(batchTokens[placement.gpuLayers > 0 ? "gpu" : "cpu"], contextLength);
    const context = await openContext(loaded, {
      ...{ contextLength, cacheType, signal, threads: placement.threads, batchTokens: maxBatchTokens },
      // The classes cannot make a context larger, so it gets all that there may be.
      maxSequences: Math.max(1, Math.min(maxSequences, Math.floor(placement.mostPositions / contextLength))),
    });
    stages.loaded(1);
    const positions = context.totalSequences * contextLength;
    const { release } = runtime;
    report({ ...placement, positions, mostPositions: positions, cacheType, through: "classes", reason, release });
    const { vocabularySize } = lowered;
    return new ClassModel({ model: loaded, context, contextLength, maxBatchTokens, vocabularySize });
  } catch (error) {
    await loaded.dispose();
    throw error;
  }
}

async function loadModel({ runtime, lowered, load, stages }: ClassesLoad, gpuLayers: number): Promise<LlamaModel> {
  const { signal } = load;
  if (!lowered.hasVocabulary) await skipVocabularyCheck();
  signal?.throwIfAborted();
  const path = lowered.paths[0]!; // llama.cpp finds the other parts by their names
  let last = 0;
  try {
    return await runtime.llama.loadModel({
      modelPath: path,
      gpuLayers,
      onLoadProgress: (fraction) => {
        if (signal?.aborted) return;
        last = Math.max(last, fraction);
        stages.loaded(last);
      },
      ...(signal === undefined ? {} : { loadSignal: signal }),
    });
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    throw await loadFailure(error, path, runtime);
  }
}

/** The one thing that node-llama-cpp passes on of what llama.cpp has read: the rest it takes from the file by itself. */
function checkHiddenSize(loaded: LlamaModel, { lowered, model }: ClassesLoad): void {
  const { hiddenSize } = lowered.expected;
  if (loaded.embeddingVectorSize === hiddenSize) return;
  throw new BayLingError("architecture-not-supported", {
    source: model.name,
    field: "hiddenSize",
    problem: "llama.cpp reads the model as another one",
    expected: String(hiddenSize),
    received: String(loaded.embeddingVectorSize),
  });
}
