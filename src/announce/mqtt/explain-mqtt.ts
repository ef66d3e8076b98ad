/** Why there is no connection, and what that means for the next attempt. */
export interface LinkFailure {
  /**
   * `refused`: the broker does not want us as we are, a person must act; `version`: it does not speak this version of MQTT;
   * `will`: it cannot do for our will what we ask; `unreachable`: all else.
   */
  readonly kind: "refused" | "version" | "will" | "unreachable";
  /** In plain words. */
  readonly reason: string;
}

/** CONNACK and DISCONNECT reason codes (MQTT 5 section 2.4; 3.1.1 section 3.2.2.3 below 6). */
const reasons: Readonly<Record<number, readonly [kind: LinkFailure["kind"], words: string]>> = {
  1: ["version", "does not speak this version of MQTT"],
  2: ["refused", "refuses the client id: set another mqtt.clientId"],
  3: ["unreachable", "says that it is not available"],
  4: ["refused", "refuses user or password: check mqtt.username and mqtt.password"],
  5: ["refused", "does not let this user in: check mqtt.username, mqtt.password and its access list"],
  130: ["version", "calls our greeting a protocol error"],
  132: ["version", "does not speak this version of MQTT"],
  133: ["refused", "refuses the client id: set another mqtt.clientId"],
  134: ["refused", "refuses user or password: check mqtt.username and mqtt.password"],
  135: ["refused", "does not let this user in: check mqtt.username, mqtt.password and its access list"],
  136: ["unreachable", "says that it is not available"],
  137: ["unreachable", "says that it is busy"],
  138: ["refused", "has banned this client"],
  139: ["unreachable", "is shutting down"],
  140: ["refused", "wants another way to log in than user and password"],
  141: ["unreachable", "heard nothing from us in time"],
  142: ["refused", "gave our connection to another client with the same client id: give each its own mqtt.clientId"],
  149: ["unreachable", "ended the connection: a message was too large for it"],
  151: ["unreachable", "says that a quota is used up"],
  152: ["unreachable", "ended the connection on its administrator's behalf"],
  154: ["will", "does not keep messages (retain)"],
  155: ["will", "acknowledges no messages (QoS 1)"],
  156: ["refused", "wants us to use another server"],
  157: ["refused", "has moved to another server"],
  159: ["unreachable", "says that we connect too often"],
  160: ["unreachable", "allows no connection this long"],
};

const systemErrors: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there: is the broker running, and is the port right?",
  ECONNRESET: "closed the connection",
  EPIPE: "closed the connection",
  ENOTFOUND: "its name is not known: check mqtt.url",
  EAI_AGAIN: "its name cannot be looked up: no network, or no name server",
  EHOSTUNREACH: "cannot be reached: no way to that address",
  ENETUNREACH: "cannot be reached: no network",
  ETIMEDOUT: "does not answer",
};

/** A TLS error's code and what it means. Node's and OpenSSL's names. */
const tlsErrors: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: "has a certificate of its own making: name it, or who signed it, in mqtt.ca",
  SELF_SIGNED_CERT_IN_CHAIN: "has a certificate that this system does not trust: name who signed it in mqtt.ca",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "has a certificate that this system does not trust: name who signed it in mqtt.ca",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "has a certificate that this system does not trust: name who signed it in mqtt.ca",
  UNABLE_TO_GET_ISSUER_CERT: "has a certificate that this system does not trust: name who signed it in mqtt.ca",
  CERT_HAS_EXPIRED: "has a certificate that has expired",
  CERT_NOT_YET_VALID: "has a certificate that is not valid yet: is this machine's clock right?",
  ERR_TLS_CERT_ALTNAME_INVALID: "has a certificate for another name than the one in mqtt.url",
  ERR_SSL_WRONG_VERSION_NUMBER: "does not speak TLS on this port: mqtt:// instead of mqtts://, or another port?",
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: "wants a client certificate: set mqtt.cert and mqtt.key",
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE: "refuses our TLS handshake: does it want a client certificate?",
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: "does not trust our client certificate",
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: "refuses our client certificate",
};

/** What an error of the connection, or the code of its end, means. */
export function explainFailure(error: unknown): LinkFailure {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (typeof code === "number") {
    const [kind, reason] = reasons[code] ?? ["unreachable", `ended the connection (reason ${code})`];
    return { kind, reason };
  }
  const name = typeof code === "string" ? code : "";
  const tls = wordsFor(tlsErrors, name);
  if (tls !== undefined) return { kind: "refused", reason: tls };
  const message = messageOf(error);
  if (/connack timeout/i.test(message))
    return { kind: "unreachable", reason: "does not answer as an MQTT broker would" };
  if (/keepalive timeout/i.test(message)) return { kind: "unreachable", reason: "has stopped answering" };
  return { kind: "unreachable", reason: wordsFor(systemErrors, name) ?? message };
}

/** Why the broker did not do what one message asked; MQTT 5 only. */
export function explainReasonCode(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === 128 || code === 135) return "its access list does not allow it";
  return messageOf(error);
}

function wordsFor(table: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

function messageOf(error: unknown): string {
  if (error instanceof Error) return error.message;
  return typeof error === "string" ? error : "failed for an unknown reason";
}
