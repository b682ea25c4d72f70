import { tensorTypeNames, tensorTypes } from "@bayling/core/backend";
import type { BackendCase } from "../backend-context.ts";
import { expectErrorCode } from "../expect.ts";
import { type TinyLlamaOptions, tinyLlama } from "../tiny-llama/tiny-llama.ts";

/** Every matrix in one type: embeddings and output too. Rows fit the type's blocks, and little else. */
function options(weightType: (typeof tensorTypeNames)[number]): TinyLlamaOptions {
  const config =
    tensorTypes[weightType].blockSize === 256
      ? { hiddenSize: 256, intermediateSize: 512, numAttentionHeads: 4, headSize: 64, numHiddenLayers: 1 }
      : { hiddenSize: 96, intermediateSize: 160, numAttentionHeads: 4, headSize: 8 };
  return { name: `tiny-llama in ${weightType}`, config, weightType };
}

export const weightTypeCases: readonly BackendCase[] = tensorTypeNames.map((weightType) => ({
  name: `weight types/${weightType}`,
  weightType,
  async run(context) {
    if (!context.weightTypes.includes(weightType)) {
      const loading = context.load(tinyLlama(options(weightType)));
      await expectErrorCode(loading, "tensor-type-not-supported", `doLoad of a model in ${weightType}`);
      context.skip("not declared, and refused as it should be");
    }
    const session = await context.start(options(weightType));
    const track = await session.track();
    await track.checkAll(session.tokens(6));
    await track.check(session.tokens(1, 2));
  },
}));
