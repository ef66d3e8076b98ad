import { constants } from "node:crypto";
import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createHttpsServer, type Server as HttpsServer } from "node:https";
import type { SecureContextOptions } from "node:tls";
import type { HttpTimeouts } from "./http-timeouts.ts";

/** Largest request headers. */
const MAX_HEADER_BYTES = 16_384;

/** Mozilla's "intermediate" suites of TLS 1.2; those of TLS 1.3 are all good. */
const CIPHERS = [
  "TLS_AES_128_GCM_SHA256",
  "TLS_AES_256_GCM_SHA384",
  "TLS_CHACHA20_POLY1305_SHA256",
  "ECDHE-ECDSA-AES128-GCM-SHA256",
  "ECDHE-RSA-AES128-GCM-SHA256",
  "ECDHE-ECDSA-AES256-GCM-SHA384",
  "ECDHE-RSA-AES256-GCM-SHA384",
  "ECDHE-ECDSA-CHACHA20-POLY1305",
  "ECDHE-RSA-CHACHA20-POLY1305",
].join(":");

/** A server that speaks HTTP/1.1 and listens nowhere yet. */
export function createPlainServer(timeouts: HttpTimeouts, handle: RequestListener): Server {
  return createServer(httpOptions(timeouts), handle);
}

/** The same behind TLS 1.2 or 1.3. */
export function createEncryptedServer(
  timeouts: HttpTimeouts,
  certificate: SecureContextOptions,
  handle: RequestListener,
): HttpsServer {
  return createHttpsServer({ ...httpOptions(timeouts), ...tlsOptions(timeouts, certificate) }, handle);
}

/** What a new certificate is put in place with: it comes with the rules of the one before. */
export function secureContextOptions(certificate: SecureContextOptions): SecureContextOptions {
  return {
    ...certificate,
    minVersion: "TLSv1.2",
    ciphers: CIPHERS,
    // A client that shakes hands over and over on one connection costs us far more than itself.
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
  };
}

function tlsOptions({ handshakeMs }: HttpTimeouts, certificate: SecureContextOptions) {
  return { ...secureContextOptions(certificate), handshakeTimeout: handshakeMs, ALPNProtocols: ["http/1.1"] };
}

function httpOptions({ headersMs, bodyMs, keepAliveMs, checkMs }: HttpTimeouts) {
  return {
    maxHeaderSize: MAX_HEADER_BYTES,
    insecureHTTPParser: false,
    requireHostHeader: false, // check-request.ts refuses in words
    headersTimeout: headersMs,
    // The body's own deadline, which can be answered better, comes first.
    requestTimeout: headersMs + bodyMs + checkMs,
    keepAliveTimeout: keepAliveMs,
    connectionsCheckingInterval: checkMs,
  };
}
