import { get } from "node:http";
import { connect, type Socket } from "node:net";
import { buffer } from "node:stream/consumers";
import { after } from "node:test";
import { systemClock, type Clock } from "../../src/core/clock.ts";
import type { ControlsPort } from "../../src/hub/camera-controls.ts";
import type { CameraFeed, CaptureFormat, CaptureStats } from "../../src/hub/camera-feed.ts";
import { CameraRegistry } from "../../src/hub/camera-registry.ts";
import { FrameHub } from "../../src/hub/frame-hub.ts";
import { StreamState, type StreamStateName } from "../../src/hub/stream-state.ts";
import type { ViewerInfo, ViewersPort } from "../../src/hub/viewers-port.ts";
import type { H264Frame, JpegFrame, RawFrame } from "../../src/media/frame.ts";
import { createApiRoutes } from "../../src/outputs/api/api-routes.ts";
import type { FormatsPort } from "../../src/outputs/api/camera-view.ts";
import { createMqttRoutes, type MqttView } from "../../src/outputs/api/mqtt-routes.ts";
import { resolveAlias, routeAliases } from "../../src/outputs/http/aliases.ts";
import { openGuard } from "../../src/outputs/http/guard-port.ts";
import type { HttpServerOptions } from "../../src/outputs/http/http-options.ts";
import { createHttpServer, type HttpServer } from "../../src/outputs/http/http-server.ts";
import { createSnapshotRoutes, type SnapshotOptions } from "../../src/outputs/snapshot/snapshot-routes.ts";
import { SendLatency } from "../../src/outputs/status/send-latency.ts";
import { createStatusRoutes } from "../../src/outputs/status/status-routes.ts";
import type { HttpRoute } from "../../src/protocol/http/route.ts";
import { RecordedSwitch } from "../support/recorded-switch.ts";
import { createWatchedLog } from "../support/watched-log.ts";

/** A camera whose frames and states the test makes. */
export interface HandMadeCamera {
  readonly feed: CameraFeed;
  readonly state: StreamState;
  readonly stats: { -readonly [K in keyof CaptureStats]: CaptureStats[K] };
  /** Publishes one picture, captured `ageMs` ago. */
  publish(text?: string, ageMs?: number): JpegFrame;
  /** Resolves when somebody wants pictures. */
  wanted(): Promise<void>;
  /** Resolves when nobody does. */
  unwanted(): Promise<void>;
}

/** A clock that stands still, however slow the machine is; its timers run. */
export function createStoppedClock(): Clock {
  const [ns, ms] = [systemClock.monotonicNs(), systemClock.wallMs()];
  return {
    monotonicNs: () => ns,
    wallMs: () => ms,
    after: (delayMs, callback) => systemClock.after(delayMs, callback),
  };
}

/** A camera in `state` that has published nothing yet. */
export function createCamera(
  id: string,
  state: StreamStateName = "live",
  reason = "as told",
  clock: Clock = systemClock,
): HandMadeCamera {
  const jpeg = new FrameHub<JpegFrame>();
  const format: CaptureFormat = { codec: "jpeg", pixelFormat: "MJPG", width: 1280, height: 720, fps: 30 };
  const streamState = new StreamState(clock, state, reason);
  const drops = {
    "error-flag": 1,
    "sequence-gap": 2,
    stale: 3,
    corrupt: 4,
    settling: 5,
    "encoder-busy": 6,
  };
  const stats = { frames: 100, bytes: 5_000_000, fps: 29.97, drops, restarts: 2, lastError: "it was unplugged" };
  const feed: CameraFeed = {
    id,
    name: `The ${id}`,
    source: "v4l2",
    origin: "/dev/video0",
    jpeg,
    h264: new FrameHub<H264Frame>(),
    raw: new FrameHub<RawFrame>(),
    state: streamState,
    format,
    stats,
  };
  let sequence = 0;
  const untilDemand = (isIt: (demand: number) => boolean): Promise<void> =>
    new Promise((resolve) => {
      if (isIt(jpeg.demand)) return resolve();
      const end = jpeg.onDemand((demand) => {
        if (!isIt(demand)) return;
        end();
        resolve();
      });
    });
  return {
    feed,
    state: streamState,
    stats,
    publish(text = "picture", ageMs = 0) {
      const captureTimeNs = clock.monotonicNs() - BigInt(Math.round(ageMs * 1e6));
      const bytes = Buffer.from(text);
      const frame: JpegFrame = {
        codec: "jpeg",
        keyframe: true,
        bytes,
        width: 1280,
        height: 720,
        captureTimeNs,
        sequence: sequence++,
      };
      jpeg.publish(frame);
      return frame;
    },
    wanted: () => untilDemand((demand) => demand > 0),
    unwanted: () => untilDemand((demand) => demand === 0),
  };
}

/** What a test may set; the rest is as in the product. */
export interface RigOptions {
  readonly cameras?: readonly HandMadeCamera[];
  readonly clock?: Clock;
  readonly routes?: readonly HttpRoute[];
  readonly clients?: readonly ViewerInfo[];
  readonly controls?: (id: string) => ControlsPort | undefined;
  readonly formats?: FormatsPort;
  readonly snapshot?: Partial<SnapshotOptions>;
  readonly server?: Partial<HttpServerOptions>;
  readonly mqtt?: () => MqttView | undefined;
}

/** A running server and what it was made of. */
export interface Rig {
  readonly server: HttpServer;
  readonly registry: CameraRegistry;
  readonly latency: SendLatency;
  readonly switches: RecordedSwitch;
  readonly url: string;
  get(path: string, init?: RequestInit): Promise<Response>;
}

/** Starts the product's HTTP side on a free port; it is stopped after the test. */
export async function startRig(options: RigOptions = {}): Promise<Rig> {
  const registry = new CameraRegistry();
  for (const { feed } of options.cameras ?? []) registry.add(feed);
  const latency = new SendLatency();
  const clients = options.clients ?? [];
  const viewers: ViewersPort = {
    viewers: () => clients.length,
    clients: () => clients,
    losses: () => ({ skipped: 3, stuck: 1 }),
  };
  const clock = options.clock ?? systemClock;
  const switches = new RecordedSwitch();
  const mqtt = options.mqtt ?? (() => undefined);
  const shared = { registry, viewers, clock, version: "1.2.3" };
  const routes: HttpRoute[] = [
    ...createSnapshotRoutes({ registry, clock, ...options.snapshot }),
    ...createApiRoutes({
      ...shared,
      basePath: options.server?.basePath ?? "/",
      switches,
      controls: options.controls ?? (() => undefined),
      ...(options.formats ? { formats: options.formats } : {}),
      routes: () => server.routes(),
      aliases: routeAliases,
    }),
    ...createMqttRoutes(mqtt),
    ...createStatusRoutes({ ...shared, http: () => server.stats, mqtt, latency, jpegQuality: 80 }),
    ...(options.routes ?? []),
  ];
  const server: HttpServer = createHttpServer({
    host: "127.0.0.1",
    port: 0,
    limits: { connections: 1024, perAddress: 256, reserved: 16 },
    routes,
    resolveAlias: (path, query, maySee) => resolveAlias(registry, path, query, maySee),
    // The raw tests call us by whatever name is short.
    hosts: ["x"],
    guard: openGuard,
    clock: systemClock,
    log: createWatchedLog(),
    ...options.server,
  });
  await server.start();
  after(() => server.stop());
  const url = `http://127.0.0.1:${server.port()}`;
  return { server, registry, latency, switches, url, get: (path, init) => fetch(url + path, init) };
}

/** The problem document of an answer, checked to be one. */
export async function readProblem(response: Response): Promise<Record<string, unknown>> {
  const type = response.headers.get("content-type");
  if (type !== "application/problem+json") throw new Error(`not a problem but ${type}: ${await response.text()}`);
  const problem = (await response.json()) as Record<string, unknown>;
  if (problem["status"] !== response.status)
    throw new Error(`status ${response.status} but ${String(problem["status"])} inside`);
  return problem;
}

/** A bare connection: what was sent back, all of it, once the server closed. */
export interface RawClient {
  readonly socket: Socket;
  send(text: string): void;
  /** Everything received until the connection ended. */
  ended(): Promise<string>;
  /** Resolves when at least `text` was received. */
  received(text: string): Promise<void>;
}

/** Connects without speaking HTTP. */
export async function connectRaw(rig: Rig, localAddress?: string): Promise<RawClient> {
  const socket = connect({ port: rig.server.port(), host: "127.0.0.1", ...(localAddress ? { localAddress } : {}) });
  let text = "";
  socket.setEncoding("latin1").on("data", (chunk: string) => (text += chunk));
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  // A reset is one way to be refused.
  socket.on("error", () => {});
  after(() => void socket.destroy());
  await new Promise<void>((resolve) => socket.once("connect", () => resolve()).once("close", () => resolve()));
  return {
    socket,
    send: (data) => void socket.write(data, "latin1"),
    ended: async () => {
      await closed;
      return text;
    },
    received: (wanted) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (text.includes(wanted)) resolve();
        };
        socket.on("data", look).once("close", () => reject(new Error(`closed before ${wanted}: ${text}`)));
        look();
      }),
  };
}

/** Asks as a program does that is no browser: `fetch` would say Sec-Fetch-Mode. */
export function ask(rig: Rig, path: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  return new Promise((resolve, reject) => {
    get(rig.url + path, { headers, agent: false }, (response) => {
      const given = Object.entries(response.headersDistinct).flatMap(([name, values = []]) =>
        values.map((value): [string, string] => [name, value]),
      );
      buffer(response).then(
        (body) => resolve(new Response(new Uint8Array(body), { status: response.statusCode ?? 0, headers: given })),
        reject,
      );
    }).on("error", reject);
  });
}

/** Sends `bytes` on a connection of its own; everything that came back when the server had closed it. */
export async function exchange(rig: Rig, bytes: string): Promise<string> {
  const client = await connectRaw(rig);
  client.send(bytes);
  return client.ended();
}

/** The statuses of all answers in what came back on a connection. */
export function statusesOf(text: string): readonly number[] {
  return [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map((match) => Number(match[1]));
}
