/** Rules that generation keeps, whatever the model would like: pass them as `constraints` of `model.generate()`. */
export { type Constraint, isRequirement, type Requirement } from "./constraint.ts";
export { type ForbiddenTermOptions, forbid } from "./forbid.ts";
export type { JsonSchema } from "./grammar/json-schema-error.ts";
export { matchGrammar } from "./grammar/match-grammar.ts";
export { matchJsonSchema } from "./grammar/match-json-schema.ts";
export { matchRegularExpression } from "./grammar/match-regular-expression.ts";
export { keepPrefix, type SplitPrefix, type SplitPrefixOptions, splitPrefix } from "./keep-prefix.ts";
export { countLength, type LengthLimitOptions, type LengthUnit, limitLength } from "./length-limit.ts";
export { protectSpans } from "./protect.ts";
export { checkProtected, type ProtectionProblem } from "./protection/check-protected.ts";
export {
  findProtectedSpans,
  type ProtectedKind,
  type ProtectedSpan,
  type ProtectOptions,
  protectedKinds,
} from "./protection/protected-spans.ts";
export { type RequireTermsOptions, requireTerms } from "./require-terms.ts";
