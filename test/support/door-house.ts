import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { formatBasicAuthorization } from "../../src/access/basic-credentials.ts";
import { createApp, type App } from "../../src/app.ts";
import { loadConfig } from "../../src/config/load.ts";
import { systemClock } from "../../src/core/clock.ts";
import { silentLog } from "../../src/core/log.ts";
import { sightlineProgram } from "./process-sightline.ts";

/** One request; `from`: the address that it comes from. */
export interface DoorRequest {
  readonly method: string;
  /** With query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object | undefined;
  readonly from?: string | undefined;
}

/** An answer's head, and as much of its body as fits on one hand; a stream is left after its head. */
export interface DoorAnswer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string[]>;
  readonly text: string;
}

const day = 86_400_000;

/**
 * The whole program in this process, as app.ts puts it together, with two cameras, `front` and `back`; a feature that opens
 * doors of its own is to be turned on here. Its wall clock begins 40 days ago, so that what is given out then has ended after
 * {@link comeToday}.
 */
export class DoorHouse {
  readonly app: App;
  readonly #directory: string;
  readonly #behindMs: { now: number };

  private constructor(app: App, directory: string, behindMs: { now: number }) {
    this.app = app;
    this.#directory = directory;
    this.#behindMs = behindMs;
  }

  static async open(): Promise<DoorHouse> {
    const directory = mkdtempSync(join(tmpdir(), "sightline-doors-"));
    const camera = { source: "test-pattern", width: 64, height: 48, fps: 10 };
    const limits = {
      requestsPerSecond: 100_000,
      streams: 1000,
      streamsPerUser: 1000,
      connections: 1000,
      perAddress: 900,
    };
    const file = join(directory, "sightline.yaml");
    const settings = {
      server: { host: "127.0.0.1", port: 0, limits },
      cameras: ["front", "back"].map((id) => ({ id, ...camera })),
      mdns: { enabled: false },
      dataDir: join(directory, "data"),
    };
    writeFileSync(file, JSON.stringify(settings));
    const { config } = loadConfig({ flags: { config: file }, env: {}, cwd: directory });
    const behindMs = { now: 40 * day };
    const clock = { ...systemClock, wallMs: () => systemClock.wallMs() - behindMs.now };
    const webDirectory = join(dirname(sightlineProgram()), "web");
    const app = createApp({ config, clock, log: silentLog, version: "1.2.3", webDirectory });
    await app.start();
    return new DoorHouse(app, directory, behindMs);
  }

  /** Sets the wall clock right. */
  comeToday(): void {
    this.#behindMs.now = 0;
  }

  /** Sends one request on a connection of its own. */
  ask({ method, path, headers = {}, body, from }: DoorRequest): Promise<DoorAnswer> {
    const json = body && JSON.stringify(body);
    const type = json === undefined ? {} : { "Content-Type": "application/json", "Content-Length": json.length };
    const target = { host: "127.0.0.1", port: this.app.port(), method, path, localAddress: from, agent: false };
    return new Promise((resolve, reject) => {
      const asked = request({ ...target, headers: { ...headers, ...type } }, (response) => {
        const { statusCode: status = 0, headersDistinct } = response;
        let text = "";
        const finish = (): void => {
          resolve({ status, headers: headersDistinct, text });
          response.destroy();
        };
        if (response.headers["content-type"]?.startsWith("multipart/")) return finish();
        response.setEncoding("utf8").on("data", (piece: string) => (text += piece));
        response.on("end", finish).on("error", reject);
      });
      asked.on("error", reject);
      asked.end(json);
    });
  }

  /** Asks for what must be answered with JSON. */
  async tell(request: DoorRequest): Promise<Readonly<Record<string, unknown>> & { readonly cookie: string }> {
    const { status, headers, text } = await this.ask(request);
    assert.equal(status, 200, `${request.method} ${request.path}: ${text}`);
    const cookie = headers["set-cookie"]?.[0]?.split(";")[0] ?? "";
    return { ...(JSON.parse(text) as Record<string, unknown>), cookie };
  }

  async close(): Promise<void> {
    await this.app.stop();
    rmSync(this.#directory, { recursive: true });
  }
}

export function basic(name: string, password: string): Readonly<Record<string, string>> {
  return { Authorization: formatBasicAuthorization({ name, password }) };
}
