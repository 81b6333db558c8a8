import { type DocumentNode, getOperationAST } from "graphql";
import { isAsyncIterable, type Plugin } from "graphql-yoga";
import type { OperationType } from "./observer.ts";
import type { RequestScopes } from "./request-scope.ts";

/**
 * Tells the scope what is executed, on every transport, and over HTTP how it was answered. To stand after
 * the plugins that replace results, and before the one that ends Yoga's own way of subscribing.
 */
export function useOperationScope(scopes: RequestScopes): Plugin {
  const note = ({ args }: { args: { document: DocumentNode; operationName?: string | null | undefined } }) =>
    scopes.setType(typeOf(args.document, args.operationName));
  return {
    onExecute: note,
    onSubscribe: note,
    onResultProcess({ result }) {
      scopes.answered(isAsyncIterable(result) || Array.isArray(result) ? {} : result);
    },
  };
}

function typeOf(document: DocumentNode, name: string | null | undefined): OperationType {
  return getOperationAST(document, name)?.operation ?? "unknown";
}
