import type { DeviceCase } from "../device-context.ts";
import { addCases } from "./add.ts";
import { attentionCases } from "./attention.ts";
import { bufferCases } from "./buffers.ts";
import { deviceIdentityCases } from "./device.ts";
import { embedCases } from "./embed.ts";
import { linearCases } from "./linear.ts";
import { rmsNormCases } from "./rms-norm.ts";
import { ropeCases } from "./rope.ts";
import { swigluCases } from "./swiglu.ts";

/** Every case of `describeDevice`: buffers, then the seven operations. */
export const deviceCases: readonly DeviceCase[] = [
  ...deviceIdentityCases,
  ...bufferCases,
  ...embedCases,
  ...rmsNormCases,
  ...linearCases,
  ...ropeCases,
  ...attentionCases,
  ...swigluCases,
  ...addCases,
];
