import type { IncomingHttpHeaders, OutgoingHttpHeaders, ServerResponse } from "node:http";

/** How one query key is read; the OpenAPI document is made from the same words. An empty boolean (`?key`) is true. */
export interface QueryParameter {
  readonly name: string;
  readonly description: string;
  readonly schema:
    | { readonly type: "integer" | "number"; readonly minimum?: number; readonly maximum?: number }
    | { readonly type: "boolean" } // 1|0, true|false, yes|no, on|off
    | { readonly type: "string"; readonly maxLength?: number; readonly pattern?: string };
}

/** A parsed request: query values are already of their declared type, unknown keys are left out. */
export interface HttpRequest {
  readonly method: string;
  /** Path without query, aliases resolved. */
  readonly path: string;
  /** Values of `:name` in the route's path, decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, number | boolean | string | undefined>>;
  readonly headers: IncomingHttpHeaders;
  /** Undefined at an open door, where nobody who is known came. */
  readonly caller: Caller | undefined;
  /** The client's address without port, the one behind trusted proxies. */
  readonly remoteAddress: string;
  /** HTTPS, here or at a trusted proxy. */
  readonly isEncrypted: boolean;
  /** Aborts when the client goes away or the server stops. */
  readonly signal: AbortSignal;
  /** The JSON body; throws ProtocolError (400, 413, 415). */
  json(): Promise<unknown>;
}

/**
 * A complete answer, or the promise to write one: `takeOver` gets the raw response and owns it to its end (headers set by
 * the server are already on it; the connection is closed after it, nothing is chunked).
 */
export type HttpReply =
  | {
      readonly status?: number;
      readonly headers?: OutgoingHttpHeaders;
      /** An object is sent as JSON. */
      readonly body?: string | Buffer | object;
    }
  | { readonly takeOver: (response: ServerResponse) => void };

/**
 * What a caller must be allowed to do. `open`: nothing, not even to be known. `known`: to be known, whatever they may do;
 * the others are the permissions of that name (src/access/principal.ts).
 */
export type RouteAccess = "open" | "known" | "view" | "snapshot" | "control" | "admin";

/** Who asks, as a door sees them; a `Principal` of src/access/principal.ts. */
export interface Caller {
  readonly name: string;
  readonly permissions: ReadonlySet<string>;
  /** Ids of the cameras that are theirs; undefined: all. */
  readonly cameras: readonly string[] | undefined;
}

/** One door. Outputs export lists of them; the HTTP server opens them all. A GET door is asked for HEAD too. */
export interface HttpRoute {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  /** `:name` stands for one path segment. */
  readonly path: string;
  readonly summary: string;
  /** Who may come in; a door with `:id` in its path also asks whether the camera is theirs. */
  readonly access: RouteAccess;
  readonly query?: readonly QueryParameter[];
  /** JSON schema of the request's body, where there is one. */
  readonly requestSchema?: object;
  /** What a 200 looks like: media type and, for JSON, its schema. */
  readonly response: { readonly type: string; readonly schema?: object };
  /** Whether the answer may go on without end (`takeOver`): it is begun only where there is room for one more stream. */
  readonly isStream?: boolean;
  /** Statuses other than 200 that this door may answer with, each as problem JSON (RFC 9457). */
  readonly problems?: readonly number[];
  /** `reserved`: still answered when the connection limit is reached. */
  readonly room?: "reserved" | "ordinary";
  handle(request: HttpRequest): HttpReply | Promise<HttpReply>;
}

/** An old name of a GET door: answered there as if it had been asked for `target`. */
export interface RouteAlias {
  /** The old path, without query. */
  readonly path: string;
  /** The {@link HttpRoute.path} that answers; its `:id` is the first camera. */
  readonly target: string;
  readonly summary: string;
}
