import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Further keys of configuration.yaml. */
export type Configuration = Readonly<Record<string, unknown>>;

/** Writes what Home Assistant reads at its first start: it listens on this port of 127.0.0.1 and waits for its owner. */
export async function writeConfiguration(directory: string, port: number, further: Configuration): Promise<void> {
  const configuration = {
    homeassistant: { name: "Home", time_zone: "UTC", country: "GB", language: "en", unit_system: "metric" },
    frontend: {},
    config: {},
    history: {},
    // not all of MQTT in detail: that would log every picture
    logger: { default: "info", logs: { "homeassistant.components.mqtt.discovery": "debug" } },
    ...further,
  };
  await writeFile(join(directory, "configuration.yaml"), JSON.stringify(configuration)); // JSON is YAML
  await mkdir(join(directory, ".storage"));
  await store("onboarding", 4, {
    // these steps would set up services of the internet: a weather forecast, radio stations
    done: ["core_config", "analytics", "integration"],
  });
  await store("http", 3, {
    // an address in configuration.yaml would be a trial, which ends with a restart after five minutes
    stable: {
      server_host: ["127.0.0.1"],
      server_port: port,
      cors_allowed_origins: [],
      login_attempts_threshold: -1,
      ip_ban_enabled: false,
      ssl_profile: "intermediate_v6",
      use_x_frame_options: true,
      created_at: new Date().toISOString(),
      error: null,
      error_message: null,
    },
    pending: null,
    yaml_migration_done: true,
  });

  async function store(key: string, version: number, data: unknown): Promise<void> {
    const content = { version, minor_version: 1, key, data };
    await writeFile(join(directory, ".storage", key), JSON.stringify(content));
  }
}
