import { loadModel, type Model } from "@bayling/core";
import { type OpenedBackend, openBackend } from "./backends.ts";
import type { Context } from "./context.ts";
import type { ModelFlags } from "./options/model-options.ts";
import { fileName } from "./output/file-name.ts";
import { ProgressLine } from "./output/progress-line.ts";

export interface OpenedModel extends Pick<OpenedBackend, "gpu" | "llama"> {
  readonly model: Model;
  readonly loadSeconds: number;
}

/**
 * Loads a model and shows how far it is.
 * @param sequences how many texts will be in the making at once
 */
export async function openModel(
  { terminal }: Context,
  source: string,
  { context, backend, device, gpuLayers, threads, adapter }: ModelFlags,
  { sequences, signal }: { readonly sequences: number; readonly signal: AbortSignal },
): Promise<OpenedModel> {
  const progress = new ProgressLine(terminal, `loading ${fileName(source)}`);
  const began = performance.now();
  try {
    const opened = await openBackend(backend, { device, gpuLayers, threads });
    const model = await loadModel(source, {
      backend: opened.backend,
      adapters: adapter,
      contextLength: context,
      maxSequences: sequences,
      onProgress: ({ loadedBytes, totalBytes }) => progress.update(loadedBytes, totalBytes),
      signal,
    });
    progress.end();
    for (const { name, reason } of opened.gpu?.tier?.leftOut ?? []) {
      terminal.note(`the GPU has ${name}, which is left out: ${reason}`);
    }
    const { gpu, llama } = opened;
    return { model, gpu, llama, loadSeconds: (performance.now() - began) / 1000 };
  } finally {
    progress.end();
  }
}

/** Texts that generation keeps at once: beam search needs one more than it has beams. */
export function sequencesFor(beams = 1): number {
  return beams > 1 ? beams + 1 : 1;
}
