import { STATUS_CODES } from "node:http";
import type { HttpRoute, QueryParameter, RouteAlias } from "../../protocol/http/route.ts";

const PROBLEM_REFERENCE = { $ref: "#/components/responses/Problem" };

const problemSchema = {
  type: "object",
  description: "RFC 9457; further members depend on the problem",
  properties: {
    type: { type: "string", format: "uri-reference" },
    title: { type: "string" },
    status: { type: "integer" },
    detail: { type: "string" },
    instance: { type: "string", format: "uri-reference" },
    key: { type: "string", description: "the query key that is wrong" },
    problems: {
      type: "array",
      description: "every mistake: where, what stands there, what may",
      items: { type: "object", properties: { key: { type: "string" }, value: {}, allowed: { type: "string" } } },
    },
  },
  required: ["type", "title", "status"],
};

/** The OpenAPI 3.1 document of these doors and aliases. Made from the doors themselves, so it cannot fall behind. */
export function describeApi(routes: readonly HttpRoute[], aliases: readonly RouteAlias[], version: string): object {
  const paths: Record<string, Record<string, object>> = {};
  const put = (path: string, route: HttpRoute, summary = route.summary): void => {
    const operations = (paths[toTemplate(path)] ??= {});
    operations[route.method.toLowerCase()] = describeRoute(path, route, summary);
    if (route.method === "GET") operations["head"] = describeRoute(path, route, `${summary} (headers only)`, "head");
  };
  for (const route of routes) put(route.path, route);
  for (const alias of aliases) {
    const target = routes.find((route) => route.method === "GET" && route.path === alias.target);
    if (target && !(toTemplate(alias.path) in paths)) put(alias.path, target, alias.summary);
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Sightline",
      version,
      description: "Cameras of this machine: live pictures, snapshots, state and controls.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: ".." }],
    paths,
    components: {
      schemas: { Problem: problemSchema },
      responses: {
        Problem: {
          description: "What went wrong, in plain words",
          content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
        },
      },
    },
  };
}

function describeRoute(path: string, route: HttpRoute, summary: string, method = route.method.toLowerCase()): object {
  const { type, schema } = route.response;
  const content = { [type]: schema ? { schema } : {} };
  const problems = [...new Set([...(route.query?.length ? [400] : []), ...(route.problems ?? [])])].toSorted(
    (a, b) => a - b,
  );
  return {
    operationId: toOperationId(method, path),
    summary,
    parameters: [...pathParameters(path), ...(route.query ?? []).map(describeQuery)],
    ...(route.requestSchema
      ? { requestBody: { required: true, content: { "application/json": { schema: route.requestSchema } } } }
      : {}),
    responses: {
      "200": { description: STATUS_CODES[200] ?? "", ...(method === "head" ? {} : { content }) },
      ...Object.fromEntries(problems.map((status) => [String(status), PROBLEM_REFERENCE])),
      default: PROBLEM_REFERENCE,
    },
  };
}

function describeQuery({ name, description, schema }: QueryParameter): object {
  return { name, in: "query", description, schema };
}

function pathParameters(path: string): object[] {
  return [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
  }));
}

/** `/cameras/:id` as OpenAPI writes it. */
function toTemplate(path: string): string {
  return path.replaceAll(/:(\w+)/g, "{$1}");
}

/** `getCamerasIdSnapshotJpg`: unique, because paths are. */
function toOperationId(method: string, path: string): string {
  const words = path.split(/[^A-Za-z0-9]+/).filter((word) => word !== "");
  return method + (words.length === 0 ? "Root" : words.map((word) => word[0]?.toUpperCase() + word.slice(1)).join(""));
}
