import type { LoadedModel } from "@bayling/core/backend";
import { CudaModel } from "../cuda-model.ts";
import { NativeContext } from "../library/native-context.ts";
import { NativeModel } from "../library/native-model.ts";
import { openLibrary } from "../library/open-library.ts";
import { lowerModel } from "../lowering/lower-model.ts";
import { openRuntime } from "../open-runtime.ts";

export interface NativeModelSetup {
  readonly cacheFolder: string;
  /** Positions of the KV cache at first. */
  readonly positions: number;
  readonly contextLength: number;
  readonly maxSequences: number;
  /** Called with the positions of every context that is opened; false lets it fail. */
  readonly onOpen?: (positions: number) => boolean;
}

/** A model on llama.cpp's CPU, with a KV cache of a given size. */
export async function openNativeModel(model: LoadedModel, setup: NativeModelSetup): Promise<CudaModel> {
  const { cacheFolder, positions, contextLength, maxSequences, onOpen = () => true } = setup;
  const found = await openLibrary(await openRuntime("cpu"));
  if (found.library === undefined) throw new Error(found.reason);
  const quiet = { onProgress: () => {}, signal: undefined };
  const lowered = await lowerModel(model, { cacheFolder, contextLength, ...quiet });
  const native = (await NativeModel.load(found.library, lowered, { gpuLayers: 0, ...quiet }))!;
  const openContext = async (size: number) =>
    onOpen(size)
      ? NativeContext.open(native, {
          ...{ positions: size, sequences: maxSequences, batchTokens: 64, outputs: 16, threads: 1, cacheType: "f32" },
        })
      : undefined;
  const context = (await openContext(positions))!;
  const mostPositions = contextLength * maxSequences;
  return new CudaModel({
    ...{ model: native, context, openContext, positionBytes: 64, mostPositions, contextLength, maxSequences },
  });
}
