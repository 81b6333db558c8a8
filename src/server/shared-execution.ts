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
 * @param options.rightsOf names what the owner of a context may see; equal names, equal answers
 */
export function useSharedExecution(options: {
  readonly maskError: MaskError;
  readonly rightsOf: (context: unknown) => string;
}): Plugin {
  const answers = new WeakMap<object, Map<string, Answer>>();
  const keyOf = createKeys(options.rightsOf);

  const execute = async (args: ValidatedSubscriptionArgs): Promise<ExecutionResult> => {
    const { errors, ...result } = await executeSubscriptionEvent(args);
    // Masked here, once: with a line in the log and a reference that all who share it get.
    return errors === undefined ? result : { ...result, errors: errors.map(options.maskError) };
  };

  return {
    onSubscribe({ subscribeFn, setSubscribeFn }) {
      setSubscribeFn(async (args) => {
        const validated = validateSubscriptionArgs(args);
        // Arguments that do not fit: Yoga's executor says so in the words and with the codes that queries are answered with.
        if (!("operation" in validated)) return await subscribeFn(args);
        const events = await createSourceEventStream(validated);
        if (!isAsyncIterable(events)) return events;
        const key = keyOf(validated);
        return mapSourceToResponseEvent(validated, events, (ofEvent) => {
          const event = ofEvent.rootValue;
          if (typeof event !== "object" || event === null) return execute(ofEvent);
          const known = answers.get(event) ?? new Map<string, Answer>();
          const answer = known.get(key) ?? execute(ofEvent);
          answers.set(event, known.set(key, answer));
          return answer;
        });
      });
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
