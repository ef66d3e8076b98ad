/** Where the broker is, without user and password. */
export interface BrokerAddress {
  /** For people and the API, e.g. `mqtts://broker.example.org:8883`. */
  readonly name: string;
  readonly isEncrypted: boolean;
  /** What the address itself says about the account; percent-decoded. */
  readonly username: string | undefined;
  readonly password: string | undefined;
}

const defaultPorts: Readonly<Record<string, string>> = {
  "mqtt:": "1883",
  "mqtts:": "8883",
  "ws:": "80",
  "wss:": "443",
};

/** `url` is one that the configuration has accepted. */
export function parseBrokerAddress(url: string): BrokerAddress {
  const { protocol, hostname, port, pathname, username, password } = new URL(url);
  const isWebSocket = protocol === "ws:" || protocol === "wss:";
  const path = isWebSocket ? pathname : "";
  return {
    name: `${protocol}//${hostname}:${port || defaultPorts[protocol]}${path}`,
    isEncrypted: protocol === "mqtts:" || protocol === "wss:",
    username: username === "" ? undefined : decode(username),
    password: password === "" ? undefined : decode(password),
  };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a lone percent sign is just that
  }
}
