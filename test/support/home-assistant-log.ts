const recordStart = /^(?=\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+\S* [A-Z]+ \()/m;
const header = /^\S+ \S+ (?<level>[A-Z]+) \(.*?\) \[/;
const suspects = /mqtt|object_id|\[homeassistant\.helpers\.(?:template|entity)/i;
const tellingPhrases = /Invalid MQTT device discovery payload|conflicting MQTT discovery|Erroneous/i;

/**
 * The records of Home Assistant's log that find fault with what was published: its sentences about discovery payloads,
 * whatever their level, and every warning or error that comes from the MQTT integration, from templates or entities, or
 * mentions MQTT or the retired key `object_id`. A record has all its lines, traceback included.
 */
export function complaints(log: string): readonly string[] {
  return log
    .split(recordStart)
    .map((record) => record.trimEnd())
    .filter(isComplaint);
}

function isComplaint(record: string): boolean {
  const { level } = header.exec(record)?.groups ?? {};
  if (level === undefined) return false;
  const isBad = level !== "DEBUG" && level !== "INFO";
  return tellingPhrases.test(record) || (isBad && suspects.test(record));
}
