import { type Json, type JsonObject, isJsonObject, toList, toText } from "./json.ts";
import { renderTemplate } from "./value-template.ts";

interface Source {
  readonly topic: string;
  readonly available: string;
  readonly notAvailable: string;
  readonly template: string | undefined;
}

/** Whether an entity is available, from the messages on its availability topics. Without topics it always is. */
export class Availability {
  #sources: readonly Source[] = [];
  #mode = "latest";
  readonly #online = new Map<string, boolean>();
  #latest = false;

  /** Takes the topics and the mode of a component; what is known of topics it had before is kept. */
  configure(config: JsonObject): void {
    this.#sources = readSources(config);
    this.#mode = toText(config["availability_mode"], "latest");
    for (const topic of this.#online.keys()) if (!this.topics.includes(topic)) this.#online.delete(topic);
  }

  get topics(): readonly string[] {
    return this.#sources.map(({ topic }) => topic);
  }

  get isAvailable(): boolean {
    if (this.#sources.length === 0) return true;
    const states = this.topics.map((topic) => this.#online.get(topic) ?? false);
    if (this.#mode === "all") return states.every(Boolean);
    return this.#mode === "any" ? states.some(Boolean) : this.#latest;
  }

  /** A payload that means neither is passed over, as HA does. Throws what its template throws. */
  receive(topic: string, payload: string): void {
    const source = this.#sources.findLast((candidate) => candidate.topic === topic);
    if (source === undefined) return;
    const rendered = source.template === undefined ? payload : renderTemplate(source.template, payload);
    if (rendered !== source.available && rendered !== source.notAvailable) return;
    this.#latest = rendered === source.available;
    this.#online.set(topic, this.#latest);
  }
}

function readSources(config: JsonObject): readonly Source[] {
  const entries = toList(config["availability"]).filter(isJsonObject);
  const single = config["availability_topic"];
  const sources = entries.map((entry) => readSource(entry, entry["topic"], entry["value_template"]));
  return single === undefined ? sources : [readSource(config, single, config["availability_template"])];
}

function readSource(owner: JsonObject, topic: Json | undefined, template: Json | undefined): Source {
  return {
    topic: toText(topic),
    available: toText(owner["payload_available"], "online"),
    notAvailable: toText(owner["payload_not_available"], "offline"),
    template: typeof template === "string" ? template : undefined,
  };
}
