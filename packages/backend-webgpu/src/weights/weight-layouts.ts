import type { TensorType } from "@bayling/core/backend";
import { bf16Layout, f16Layout, f32Layout } from "./layouts/floats.ts";
import { iq4NlLayout, iq4XsLayout } from "./layouts/iq4.ts";
import { mxfp4Layout } from "./layouts/mxfp4.ts";
import { q2KLayout } from "./layouts/q2-k.ts";
import { q3KLayout } from "./layouts/q3-k.ts";
import { q4_0Layout, q4_1Layout } from "./layouts/q4.ts";
import { q4KLayout } from "./layouts/q4-k.ts";
import { q5_0Layout, q5_1Layout } from "./layouts/q5.ts";
import { q5KLayout } from "./layouts/q5-k.ts";
import { q6KLayout } from "./layouts/q6-k.ts";
import { q8_0Layout } from "./layouts/q8.ts";
import type { WeightLayout } from "./weight-layout.ts";

/** How each tensor type that core reads lies on the GPU. */
export const weightLayouts: Readonly<Record<TensorType, WeightLayout>> = {
  F32: f32Layout,
  F16: f16Layout,
  BF16: bf16Layout,
  Q4_0: q4_0Layout,
  Q4_1: q4_1Layout,
  Q5_0: q5_0Layout,
  Q5_1: q5_1Layout,
  Q8_0: q8_0Layout,
  Q2_K: q2KLayout,
  Q3_K: q3KLayout,
  Q4_K: q4KLayout,
  Q5_K: q5KLayout,
  Q6_K: q6KLayout,
  IQ4_NL: iq4NlLayout,
  IQ4_XS: iq4XsLayout,
  MXFP4: mxfp4Layout,
};
