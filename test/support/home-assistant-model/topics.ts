/** Where a device message was published: `PREFIX/device/[NODE/]OBJECT/config`. */
export interface DiscoveryAddress {
  readonly prefix: string;
  readonly nodeId: string | undefined;
  readonly objectId: string;
}

const discoveryTopic = /^(?<prefix>.+?)\/device\/(?:(?<nodeId>[a-zA-Z0-9_-]+)\/)?(?<objectId>[a-zA-Z0-9_-]+)\/config$/;
const maxTopicBytes = 65_535;

/** The ids in the topic of a device message, or undefined where HA would not read it. */
export function parseDiscoveryTopic(topic: string): DiscoveryAddress | undefined {
  const { prefix, nodeId, objectId } = discoveryTopic.exec(topic)?.groups ?? {};
  return prefix === undefined || objectId === undefined ? undefined : { prefix, nodeId, objectId };
}

/** What is wrong with a topic to publish on. */
export function findTopicFault(topic: string): string | undefined {
  return findCommonFault(topic) ?? (/[+#]/.test(topic) ? "must not contain a wildcard" : undefined);
}

/** What is wrong with a topic filter to subscribe to. */
export function findFilterFault(filter: string): string | undefined {
  const fault = findCommonFault(filter);
  if (fault !== undefined) return fault;
  const levels = filter.split("/");
  if (levels.some((level) => level.includes("+") && level !== "+")) return "+ must be a whole level";
  if (levels.some((level, index) => level.includes("#") && (level !== "#" || index !== levels.length - 1))) {
    return "# must be the whole last level";
  }
  return undefined;
}

/** MQTT's matching of a topic against a filter, without its special case for `$` topics. */
export function matchesFilter(filter: string, topic: string): boolean {
  const wanted = filter.split("/");
  const levels = topic.split("/");
  const rest = wanted.indexOf("#");
  const plain = rest < 0 ? wanted : wanted.slice(0, rest);
  if (rest < 0 ? levels.length !== plain.length : levels.length < plain.length) return false;
  return plain.every((level, index) => level === "+" || level === levels[index]);
}

function findCommonFault(topic: string): string | undefined {
  if (topic === "") return "must not be empty";
  const bytes = Buffer.from(topic);
  if (bytes.toString() !== topic) return "must be valid UTF-8";
  if (bytes.length > maxTopicBytes) return `must not be longer than ${maxTopicBytes} bytes`;
  if (/\p{Cc}/u.test(topic)) return "must not contain a control character";
  return /\p{Noncharacter_Code_Point}/u.test(topic) ? "must not contain a non-character" : undefined;
}
