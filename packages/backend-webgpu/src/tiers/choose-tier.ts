import type { Gpu } from "../device/gpu.ts";
import { GpuContext } from "../device/gpu-context.ts";
import { candidateTier, type GpuFacts, type MatrixConfiguration, type TierWish } from "./candidate-tier.ts";
import { testTier } from "./self-test.ts";
import { namesOf, type Tier, withOnly } from "./tier.ts";
import type { TierReport } from "./tier-report.ts";

export interface TierChoice {
  readonly tier: Tier;
  readonly report: TierReport;
}

/** By what a GPU says of itself and what was wished for: whoever opens it again need not test it again. */
const choices = new Map<string, Promise<TierChoice>>();

/** The ways of multiplying that a GPU has and does right. */
export async function chooseTier(gpu: Gpu, wish: TierWish): Promise<TierChoice> {
  const facts = factsOf(gpu);
  const key = JSON.stringify([
    gpu.name,
    { ...facts, features: [...facts.features].sort(), languageFeatures: [] },
    wish,
  ]);
  let choice = choices.get(key);
  if (choice === undefined) {
    choice = testCandidate(gpu, candidateTier(facts, wish));
    choices.set(key, choice);
    // A test that did not end, since the GPU was lost, says nothing.
    choice.catch(() => choices.delete(key));
  }
  return choice;
}

async function testCandidate(gpu: Gpu, candidate: Tier): Promise<TierChoice> {
  const context = new GpuContext(gpu);
  const begun = performance.now();
  try {
    const leftOut = await testTier(context, candidate);
    const used = namesOf(candidate).filter((name) => leftOut.every((part) => part.name !== name));
    return {
      tier: withOnly(candidate, used),
      report: { gpu: gpu.name, used, leftOut, milliseconds: performance.now() - begun },
    };
  } finally {
    context.dispose();
  }
}

function factsOf({ device, info, languageFeatures }: Gpu): GpuFacts {
  const { vendor = "", subgroupMinSize = 0, subgroupMaxSize = 0 } = info ?? {};
  const { subgroupMatrixConfigs = [] } = (info ?? {}) as { subgroupMatrixConfigs?: readonly MatrixConfiguration[] };
  return {
    features: device.features as ReadonlySet<string>,
    languageFeatures,
    vendor,
    subgroupSizes: [subgroupMinSize, subgroupMaxSize],
    matrixConfigurations: subgroupMatrixConfigs.map(({ componentType, resultComponentType, M, N, K }) => ({
      ...{ componentType, resultComponentType, M, N, K },
    })),
    workgroupMemory: device.limits.maxComputeWorkgroupStorageSize,
  };
}
