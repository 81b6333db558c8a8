import type { CodegenConfig } from "@graphql-codegen/cli";

// Typed documents for the clients in this repository: the demo, the examples and the tests.
const config: CodegenConfig = {
  schema: "schema.graphql",
  documents: ["scripts/*.ts", "examples/*.ts", "tests/support/operations.ts"],
  ignoreNoDocuments: true,
  generates: {
    "generated/": {
      preset: "client",
      presetConfig: { fragmentMasking: false },
      config: {
        documentMode: "string",
        useTypeImports: true,
        enumsAsTypes: true,
        scalars: { DateTime: "string" },
        importExtension: ".ts",
        emitLegacyCommonJSImports: false,
      },
    },
  },
};

export default config;
