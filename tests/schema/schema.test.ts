import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import {
  type GraphQLNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isSpecifiedScalarType,
  lexicographicSortSchema,
  printSchema,
  validateSchema,
} from "graphql";
import { describe, expect, it } from "vitest";
import { buildSchema } from "../../src/schema/schema.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

describe("the schema", () => {
  it("is a valid one", () => {
    expect(validateSchema(buildSchema())).toEqual([]);
  });

  it("describes every type, field, argument and value", () => {
    const types = Object.values(buildSchema().getTypeMap());
    const ours = types.filter((type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type));
    expect(ours.length).toBeGreaterThan(50);
    expect(ours.flatMap(undescribed)).toEqual([]);
  });

  it("is committed as it is, sorted, so that a change of it is seen", async () => {
    const committed = await readFile(new URL("../../schema.graphql", import.meta.url), "utf8");
    expect(committed).toBe(`${printSchema(lexicographicSortSchema(buildSchema()))}\n`);
    const checked = await promisify(execFile)(process.execPath, ["scripts/print-schema.ts", "--check"], { cwd: ROOT });
    expect(checked).toEqual({ stdout: "", stderr: "" });
  });
});

function undescribed(type: GraphQLNamedType): string[] {
  const parts: { at: string; description?: string | null | undefined }[] = [{ ...type, at: type.name }];
  if (isEnumType(type))
    parts.push(...type.getValues().map((value) => ({ ...value, at: `${type.name}.${value.name}` })));
  if (isInputObjectType(type))
    for (const field of Object.values(type.getFields())) parts.push({ ...field, at: `${type.name}.${field.name}` });
  if (isObjectType(type) || isInterfaceType(type))
    for (const field of Object.values(type.getFields())) {
      const at = `${type.name}.${field.name}`;
      parts.push({ ...field, at }, ...field.args.map((arg) => ({ ...arg, at: `${at}(${arg.name}:)` })));
    }
  return parts.filter((part) => !part.description).map((part) => part.at);
}
