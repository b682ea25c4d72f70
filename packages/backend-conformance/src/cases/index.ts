import type { BackendCase } from "../backend-context.ts";
import { abortCases } from "./abort.ts";
import { batchCases } from "./batch.ts";
import { capabilityCases } from "./capabilities.ts";
import { deviceSamplingCases } from "./device-sampling.ts";
import { disposeCases } from "./dispose.ts";
import { familyCases } from "./families.ts";
import { forkCases } from "./fork.ts";
import { limitCases } from "./limits.ts";
import { loadCases } from "./load.ts";
import { maskCases } from "./masks.ts";
import { ownershipCases } from "./ownership.ts";
import { prefillCases } from "./prefill.ts";
import { probeCases } from "./probe.ts";
import { repeatabilityCases } from "./repeatability.ts";
import { throughCoreCases } from "./through-core.ts";
import { truncateCases } from "./truncate.ts";
import { wantCases } from "./want.ts";
import { weightTypeCases } from "./weight-types.ts";

/** Every case of `describeBackend`, simple ones first. */
export const backendCases: readonly BackendCase[] = [
  ...probeCases,
  ...loadCases,
  ...capabilityCases,
  ...wantCases,
  ...familyCases,
  ...weightTypeCases,
  ...prefillCases,
  ...repeatabilityCases,
  ...batchCases,
  ...truncateCases,
  ...forkCases,
  ...maskCases,
  ...deviceSamplingCases,
  ...limitCases,
  ...abortCases,
  ...ownershipCases,
  ...disposeCases,
  ...throughCoreCases,
];
