/** Rules that generation keeps, whatever the model would like: pass them as `constraints` of `model.generate()`. */
export { type Constraint, isRequirement, type Requirement } from "./constraint.ts";
export { type ForbiddenTermOptions, forbid } from "./forbid.ts";
export { keepPrefix, type SplitPrefix, type SplitPrefixOptions, splitPrefix } from "./keep-prefix.ts";
export { protectSpans } from "./protect.ts";
export { type RequireTermsOptions, requireTerms } from "./require-terms.ts";
