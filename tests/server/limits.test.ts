import { getIntrospectionQuery } from "graphql";
import { expect, test } from "vitest";
import { connect, startTestServer, type TestServer } from "./server-fixture.ts";

/** What HTTP and a WebSocket answer to the same operation: the first error's code and message, or undefined. */
async function errorsOf(server: TestServer, query: string): Promise<unknown[]> {
  const http = await (await server.post({ query })).json();
  const overSocket = await connect(server)
    .iterate({ query })
    .next()
    .then(
      () => undefined,
      (errors: unknown) => errors,
    );
  return [http.errors, overSocket].map((errors) => (Array.isArray(errors) ? errors[0] : undefined));
}

const nested = (depth: number) => `{ ${"self { ".repeat(depth - 1)} hello ${"} ".repeat(depth - 1)} }`;
const TOO_LARGE = { extensions: { code: "OPERATION_TOO_LARGE" } };

test("fields nest 20 deep at most, over HTTP and WebSockets", async () => {
  const server = await startTestServer();
  expect(await errorsOf(server, nested(20))).toEqual([undefined, undefined]);
  expect(await errorsOf(server, nested(21))).toMatchObject([TOO_LARGE, TOO_LARGE]);
  const deepFragment = `{ ...deep } fragment deep on Query ${nested(21)}`;
  expect(await errorsOf(server, deepFragment)).toMatchObject([TOO_LARGE, TOO_LARGE]);
});

test("a document that has been refused is refused again, and one let in before stays in", async () => {
  const server = await startTestServer();
  for (let time = 0; time < 2; time++) {
    expect((await (await server.post({ query: nested(21) })).json()).errors).toMatchObject([TOO_LARGE]);
    expect((await (await server.post({ query: nested(20) })).json()).errors).toBeUndefined();
  }
});

test("a few lines of fragments that stand for millions of fields are refused before they are run", async () => {
  const server = await startTestServer();
  const levels = Array.from(
    { length: 12 },
    (_, level) => `fragment f${level} on Query { a: self { ...f${level + 1} } b: self { ...f${level + 1} } }`,
  );
  const query = `{ ...f0 } ${levels.join(" ")} fragment f12 on Query { hello }`;
  expect(await errorsOf(server, query)).toMatchObject([TOO_LARGE, TOO_LARGE]);
});

test("a hundred fragments that stand for more fields than can be counted are refused at once", async () => {
  const server = await startTestServer();
  const levels = Array.from(
    { length: 100 },
    (_, level) => `fragment f${level} on Query { ...f${level + 1} ...f${level + 1} }`,
  );
  const query = `{ ...f0 } ${levels.join(" ")} fragment f100 on Query { hello }`;
  expect(await errorsOf(server, query)).toMatchObject([TOO_LARGE, TOO_LARGE]);
});

test("fragments in a circle are told as what they are", async () => {
  const server = await startTestServer();
  const query = "{ ...a } fragment a on Query { self { ...b } } fragment b on Query { self { ...a } }";
  const circle = { message: expect.stringContaining('Cannot spread fragment "a" within itself') };
  expect(await errorsOf(server, query)).toMatchObject([circle, circle]);
});

test("a document has 5,000 tokens at most, and no more of it is read", async () => {
  const server = await startTestServer();
  const tooMany = { message: expect.stringContaining("5000 tokens") };
  expect(await errorsOf(server, `{ ${"hello ".repeat(5_000)} }`)).toMatchObject([tooMany, tooMany]);
});

test("introspection, as GraphiQL asks for it, is let in", async () => {
  const server = await startTestServer();
  const query = getIntrospectionQuery({ inputValueDeprecation: true, specifiedByUrl: true, schemaDescription: true });
  expect(await errorsOf(server, query)).toEqual([undefined, undefined]);
});
