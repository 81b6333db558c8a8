import {
  createSourceEventStream,
  type ExecutionResult,
  executeSubscriptionEvent,
  Kind,
  mapSourceToResponseEvent,
  validateSubscriptionArgs,
  type ValidatedSubscriptionArgs,
  type VariableNode,
  visit,
} from "graphql";
import { isAsyncIterable, type Plugin } from "graphql-yoga";
import type { MaskError } from "./error-mask.ts";

/** The argument of a subscription that says where it begins, and nothing of what its events give. */
const PLACE_ARGUMENT = "after";

type Answer = ExecutionResult | Promise<ExecutionResult>;

/**
 * Executes a selection once for an event, however many subscriptions are handed the same event object: those with the same
 * operation, variables and rights get the same result object. Everything else of a subscription stays its own: where it
 * begins, its buffer, its errors, its end. An event object must stand for one moment and never change.
 *
 * Nothing has to be released: results are held by their event, for as long as anybody holds that.
 *
 * The last of the plugins: it ends Yoga's own way of subscribing, whose hooks would wrap each subscription's stream twice
 * to look for errors in it, at twice the cost of all that is left to do for an event here.
 * @param options.rightsOf names what the owner of a context may see; equal names, equal answers
 */
export function useSharedExecution(options: {
  readonly maskError: MaskError;
  readonly rightsOf: (context: unknown) => string;
}): Plugin {
  const { maskError } = options;
  const answers = new WeakMap<object, Map<string, Answer>>();
  const keyOf = createKeys(options.rightsOf);

  // Masked once: with one line in the log, and a reference that all who share the result get.
  const masked = ({ errors, ...result }: ExecutionResult): ExecutionResult =>
    errors === undefined ? result : { ...result, errors: errors.map(maskError) };
  const execute = async (args: ValidatedSubscriptionArgs) => masked(await executeSubscriptionEvent(args));

  const executeOnce = (args: ValidatedSubscriptionArgs, key: string): Answer => {
    const event = args.rootValue;
    if (typeof event !== "object" || event === null) return execute(args);
    const ofEvent = answers.get(event) ?? new Map<string, Answer>();
    const known = ofEvent.get(key);
    if (known !== undefined) return known;
    // Once it is there, the result itself stands for the promise of it.
    const answer = execute(args).then((result) => {
      ofEvent.set(key, result);
      return result;
    });
    answers.set(event, ofEvent.set(key, answer));
    return answer;
  };

  return {
    async onSubscribe({ args, setResultAndStopExecution }) {
      const validated = validateSubscriptionArgs(args);
      // Arguments that do not fit: Yoga's own executor says so, as it does for queries.
      if (!("operation" in validated)) return;
      const events = await createSourceEventStream(validated);
      if (!isAsyncIterable(events)) return setResultAndStopExecution(masked(events));
      const key = keyOf(validated);
      setResultAndStopExecution(mapSourceToResponseEvent(validated, events, (ofEvent) => executeOnce(ofEvent, key)));
    },
  };
}

/** A function that names what, beside the event, a subscription's results depend on. */
function createKeys(rightsOf: (context: unknown) => string) {
  const operations = new WeakMap<ValidatedSubscriptionArgs["operation"], { number: number; variables: string[] }>();
  let count = 0;
  return (args: ValidatedSubscriptionArgs): string => {
    // The document cache gives the same document for the same text.
    const known = operations.get(args.operation) ?? { number: (count += 1), variables: variablesOfResults(args) };
    operations.set(args.operation, known);
    const values = known.variables.map((name) => [name, args.rawVariableValues?.[name]]);
    return JSON.stringify([known.number, Object.fromEntries(values), rightsOf(args.contextValue)]);
  };
}

/** The variables of an operation but for those that only say where it begins. */
function variablesOfResults({ document, operation }: ValidatedSubscriptionArgs): string[] {
  const places = new Set<VariableNode>();
  for (const field of operation.selectionSet.selections) {
    if (field.kind !== Kind.FIELD) continue;
    for (const { name, value } of field.arguments ?? [])
      if (name.value === PLACE_ARGUMENT && value.kind === Kind.VARIABLE) places.add(value);
  }
  const names = new Set<string>();
  visit(document, {
    VariableDefinition: () => false,
    Variable: (variable) => {
      if (!places.has(variable)) names.add(variable.name.value);
    },
  });
  return [...names];
}
