import {
  type DocumentNode,
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from "graphql";
import type { Plugin } from "graphql-yoga";

/** Names, brackets and values of a document; checked while it is read, before it costs memory. */
const MAX_TOKENS = 5_000;
/** Fields inside fields. GraphiQL's introspection is 14 deep; the longest way through a backlog and back about as much. */
const MAX_DEPTH = 20;
/** Fields of an operation with its fragments written out: a few lines of fragments within fragments stand for millions. */
const MAX_FIELDS = 2_500;

/** What an operation asks for. */
interface Size {
  readonly depth: number;
  readonly fields: number;
}

/** Refuses documents that cost more to read, check or answer than any use of the API needs. Holds for every transport. */
export function useDocumentLimits(): Plugin {
  // Documents are cached, so that most have been measured before.
  const measured = new WeakMap<DocumentNode, readonly GraphQLError[]>();
  return {
    onParse({ parseFn, setParseFn }) {
      setParseFn((source, options) => parseFn(source, { ...options, maxTokens: MAX_TOKENS }));
    },
    onValidate({ params: { documentAST }, setResult }) {
      // Before any rule is: checking that fields can be merged takes the square of their number.
      const errors = measured.get(documentAST) ?? findExcess(documentAST);
      measured.set(documentAST, errors);
      if (errors.length > 0) setResult(errors);
    },
  };
}

function findExcess(document: DocumentNode): GraphQLError[] {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  const sizeOf = createMeasure(fragments);
  const errors: GraphQLError[] = [];
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION && definition.kind !== Kind.FRAGMENT_DEFINITION) continue;
    const { depth, fields } = sizeOf(definition.selectionSet);
    if (depth > MAX_DEPTH) errors.push(tooLarge(definition, `nests fields ${depth} deep; the most is ${MAX_DEPTH}`));
    if (fields > MAX_FIELDS) errors.push(tooLarge(definition, `asks for more than ${MAX_FIELDS} fields`));
  }
  return errors;
}

/** A function that sizes a selection set; each fragment is measured once. */
function createMeasure(fragments: ReadonlyMap<string, FragmentDefinitionNode>) {
  const known = new Map<string, Size>();
  const sizeOfFragment = (name: string): Size => {
    const fragment = fragments.get(name);
    const size = known.get(name);
    if (size !== undefined || fragment === undefined) return size ?? { depth: 0, fields: 0 };
    // A fragment that leads back to itself counts nothing there; that it is not allowed at all is told by validation.
    known.set(name, { depth: 0, fields: 0 });
    const result = sizeOf(fragment.selectionSet);
    known.set(name, result);
    return result;
  };
  const sizeOf = ({ selections }: SelectionSetNode): Size => {
    let depth = 0;
    let fields = 0;
    for (const selection of selections) {
      let inner: Size = { depth: 0, fields: 0 };
      if (selection.kind === Kind.FRAGMENT_SPREAD) inner = sizeOfFragment(selection.name.value);
      else if (selection.selectionSet !== undefined) inner = sizeOf(selection.selectionSet);
      const own = selection.kind === Kind.FIELD ? 1 : 0;
      depth = Math.max(depth, inner.depth + own);
      fields += inner.fields + own;
    }
    return { depth, fields };
  };
  return sizeOf;
}

function tooLarge(definition: OperationDefinitionNode | FragmentDefinitionNode, what: string): GraphQLError {
  const name = definition.name === undefined ? "This operation" : `"${definition.name.value}"`;
  return new GraphQLError(`${name} ${what}. Ask for less at once.`, {
    nodes: definition,
    extensions: { code: "OPERATION_TOO_LARGE" },
  });
}
