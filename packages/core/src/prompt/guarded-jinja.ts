/** What is used of `@huggingface/jinja`, whose own declarations do not resolve under Node's rules. */
export interface Jinja {
  readonly Environment: new () => JinjaEnvironment;
  readonly Interpreter: new (environment: JinjaEnvironment) => JinjaInterpreter;
  readonly Template: new (
    source: string,
  ) => { readonly parsed: JinjaNode; render(variables: Readonly<Record<string, unknown>>): string };
}

interface JinjaEnvironment {
  set(name: string, value: unknown): unknown;
}

interface JinjaInterpreter {
  run(program: JinjaNode): JinjaValue;
  evaluate(node: JinjaNode | undefined, environment: JinjaEnvironment): JinjaValue;
}

export interface JinjaNode {
  readonly type: string;
  readonly property?: JinjaNode;
  /** Of a `For`: what it runs over; with a condition, `lhs` is. */
  readonly iterable?: JinjaNode;
  readonly lhs?: JinjaNode;
}

interface JinjaValue {
  readonly value: unknown;
}

/** Templates of real models take some hundred steps a message. A step takes some 10 µs. */
const freeSteps = 100_000;
const stepsOfMessage = 1000;
/** Characters and list elements that all steps together may make; contents of messages are placeholders. */
const freeSize = 4_000_000;
const sizeOfMessage = 10_000;
const longestRange = 100_000;
/** Real templates have less than a tenth. */
export const longestTemplate: number = 1_000_000;

/**
 * Runs a template that came with a file of anybody. Jinja can loop and grow without end, in one thread that nobody can
 * stop from outside, so every step is counted.
 * @throws Error when the template does too much, and whatever the template itself raises
 */
export function renderGuarded(
  jinja: Jinja,
  program: JinjaNode,
  variables: Readonly<Record<string, unknown>> & { readonly messages: readonly unknown[] },
): string {
  const environment = new jinja.Environment();
  for (const [name, value] of Object.entries({ ...globals(jinja), ...variables })) environment.set(name, value);
  const { length } = variables.messages;
  const limits = { mostSteps: freeSteps + stepsOfMessage * length, mostMade: freeSize + sizeOfMessage * length };
  return String(guardedInterpreter(jinja, environment, limits).run(program).value);
}

function guardedInterpreter(
  { Interpreter }: Jinja,
  environment: JinjaEnvironment,
  { mostSteps, mostMade }: { readonly mostSteps: number; readonly mostMade: number },
): JinjaInterpreter {
  let steps = 0;
  let made = 0;
  /** What loops run over: each element is a step, whatever the loop does with it. */
  const iterables = new Set<JinjaNode | undefined>();
  class GuardedInterpreter extends Interpreter {
    override evaluate(node: JinjaNode | undefined, scope: JinjaEnvironment): JinjaValue {
      if (node?.type === "For") iterables.add(node.iterable?.lhs ?? node.iterable);
      const result = super.evaluate(node, scope);
      steps += iterables.has(node) ? sizeOf(result) : 1;
      if (steps > mostSteps) throw new Error(`it takes more than ${mostSteps} steps`);
      if (makesValues(node)) made += sizeOf(result);
      if (made > mostMade) throw new Error(`it writes more than ${mostMade} characters`);
      return result;
    }
  }
  return new GuardedInterpreter(environment);
}

/** Whether what a node gives may be new, rather than a variable or a part of one. */
function makesValues(node: JinjaNode | undefined): boolean {
  if (node === undefined || node.type === "Identifier") return false;
  return node.type !== "MemberExpression" || node.property?.type === "SliceExpression";
}

function sizeOf({ value }: JinjaValue): number {
  if (value instanceof Map) return value.size;
  return typeof value === "string" || Array.isArray(value) ? value.length : 0;
}

/** What templates expect to be there; as the library has it, but for a range that has an end. */
function globals({ Template }: Jinja): Readonly<Record<string, unknown>> {
  return {
    ...{ true: true, false: false, none: null, True: true, False: false, None: null },
    raise_exception: (message: unknown) => {
      throw new Error(String(message));
    },
    range: boundedRange,
    strftime_now: (format: unknown) => new Template("{{ strftime_now(format) }}").render({ format }),
  };
}

function boundedRange(first: unknown, second?: unknown, step: unknown = 1): number[] {
  const [start, end] = second === undefined ? [0, first] : [first, second];
  if (![start, end, step].every(Number.isSafeInteger)) throw new Error("range() takes whole numbers");
  if (step === 0) throw new Error("range() step must not be zero");
  const length = Math.max(0, Math.ceil(((end as number) - (start as number)) / (step as number)));
  if (length > longestRange) throw new Error(`range() of more than ${longestRange} numbers`);
  return Array.from({ length }, (_, index) => (start as number) + index * (step as number));
}
