import type * as PromClient from "prom-client";
import type { Clock } from "../../core/clock.ts";
import type { CameraFeed } from "../../hub/camera-feed.ts";
import type { CameraRegistry } from "../../hub/camera-registry.ts";
import { newestFrameAgeMs } from "../../hub/frame-age.ts";
import type { StreamStateName } from "../../hub/stream-state.ts";
import type { ViewersPort } from "../../hub/viewers-port.ts";
import type { HttpStatsPort } from "./http-stats-port.ts";
import type { MqttStatsPort } from "./mqtt-stats-port.ts";
import { latencyBounds, type SendLatency } from "./send-latency.ts";

/** What the metrics are read from. */
export interface MetricsSources {
  readonly registry: CameraRegistry;
  readonly viewers: ViewersPort;
  /** Undefined until there is a server. */
  readonly http: () => HttpStatsPort | undefined;
  /** Undefined where no MQTT broker is configured. */
  readonly mqtt: () => MqttStatsPort | undefined;
  readonly latency: SendLatency;
  readonly clock: Clock;
  readonly version: string;
}

type Registry = PromClient.Registry;
type Labels = Readonly<Record<string, string>>;
type Sample = readonly [labels: Labels, value: number];

const STATES: readonly StreamStateName[] = ["starting", "live", "stalled", "lost", "idle", "off"];
const LATENCY = "sightline_capture_to_send_seconds";

/**
 * Loads prom-client and makes a registry that reads `sources` at every scrape: nothing is counted twice, and nothing at
 * all happens between scrapes.
 */
export async function createMetrics(sources: MetricsSources): Promise<Registry> {
  const client = await import("prom-client");
  const registry = new client.Registry();
  // A coarse look at the event loop: the default one wakes the process a hundred times a second.
  client.collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 100 });
  addCameraMetrics(client, registry, sources);
  addHttpMetrics(client, registry, sources);
  // A metric without a value would be shown as 0, and "not connected" where there is no broker would be an alarm.
  if (sources.mqtt()) addMqttMetrics(client, registry, sources);
  registry.registerMetric(createLatencyHistogram(sources.latency));
  return registry;
}

function addCameraMetrics(client: typeof PromClient, registry: Registry, sources: MetricsSources): void {
  const each = (read: (feed: CameraFeed) => number | undefined) => (): Sample[] =>
    sources.registry.list().flatMap((feed) => {
      const value = read(feed);
      return value === undefined ? [] : [[{ camera: feed.id }, value] as const];
    });
  const add = { counter: adder(client.Counter, registry), gauge: adder(client.Gauge, registry) };
  const camera = ["camera"];
  add.counter(
    "sightline_frames_total",
    "Frames published",
    camera,
    each(({ stats }) => stats.frames),
  );
  add.counter(
    "sightline_bytes_total",
    "Bytes of the frames published",
    camera,
    each(({ stats }) => stats.bytes),
  );
  add.counter(
    "sightline_restarts_total",
    "Times capture was started again",
    camera,
    each(({ stats }) => stats.restarts),
  );
  add.counter("sightline_drops_total", "Frames that went no further, by cause", ["camera", "cause"], () =>
    sources.registry
      .list()
      .flatMap(({ id, stats }) => Object.entries(stats.drops).map(([cause, n]): Sample => [{ camera: id, cause }, n])),
  );
  add.gauge(
    "sightline_fps",
    "Frames a second measured",
    camera,
    each(({ stats }) => stats.fps),
  );
  add.gauge(
    "sightline_viewers",
    "MJPEG viewers",
    camera,
    each(({ id }) => sources.viewers.viewers(id)),
  );
  add.counter(
    "sightline_viewer_drops_total",
    "Frames that viewers missed, and viewers closed, by cause",
    ["camera", "cause"],
    () =>
      sources.registry
        .list()
        .flatMap(({ id }) =>
          Object.entries(sources.viewers.losses(id)).map(([cause, n]): Sample => [{ camera: id, cause }, n]),
        ),
  );
  add.gauge(
    "sightline_frame_age_seconds",
    "Age of the newest frame",
    camera,
    each((feed) => ageSeconds(sources, feed)),
  );
  add.gauge("sightline_state", "1 for the state the camera is in", ["camera", "state"], () =>
    sources.registry
      .list()
      .flatMap((feed) =>
        STATES.map((state): Sample => [{ camera: feed.id, state }, feed.state.status.state === state ? 1 : 0]),
      ),
  );
}

function addHttpMetrics(client: typeof PromClient, registry: Registry, { http, version }: MetricsSources): void {
  const counter = adder(client.Counter, registry);
  const gauge = adder(client.Gauge, registry);
  gauge("sightline_build_info", "1; the version is in the label", ["version"], () => [[{ version }, 1]]);
  gauge("sightline_http_connections", "HTTP connections open", [], () => [[{}, http()?.connections ?? 0]]);
  counter("sightline_http_requests_total", "HTTP requests answered", ["status"], () =>
    [...(http()?.requests ?? [])].map(([status, n]): Sample => [{ status: String(status) }, n]),
  );
  counter("sightline_http_refusals_total", "Clients turned away, by cause", ["cause"], () =>
    Object.entries(http()?.refusals ?? {}).map(([cause, n]): Sample => [{ cause }, n]),
  );
}

function addMqttMetrics(client: typeof PromClient, registry: Registry, { mqtt }: MetricsSources): void {
  const counter = adder(client.Counter, registry);
  const gauge = adder(client.Gauge, registry);
  const one = (read: (stats: MqttStatsPort) => number) => (): Sample[] => {
    const stats = mqtt();
    return stats ? [[{}, read(stats)]] : [];
  };
  gauge(
    "sightline_mqtt_connected",
    "1 while there is a connection to the broker",
    [],
    one(({ state }) => (state === "connected" ? 1 : 0)),
  );
  counter(
    "sightline_mqtt_connections_total",
    "Connections to the broker that were made",
    [],
    one(({ connections }) => connections),
  );
  gauge(
    "sightline_mqtt_queued",
    "Messages that wait for the broker",
    [],
    one(({ queued }) => queued),
  );
  counter("sightline_mqtt_messages_total", "Messages, by what became of them", ["outcome"], () =>
    Object.entries(mqtt()?.counts ?? {}).map(([outcome, n]): Sample => [{ outcome }, n]),
  );
}

/** Adds metrics of one kind whose samples are read anew at every scrape. */
function adder(Kind: typeof PromClient.Counter | typeof PromClient.Gauge, registry: Registry) {
  return (name: string, help: string, labelNames: readonly string[], read: () => readonly Sample[]): void => {
    const metric = new Kind({
      name,
      help,
      labelNames: [...labelNames],
      registers: [],
      collect() {
        this.reset();
        for (const [labels, value] of read()) this.inc(labels, value);
      },
    });
    registry.registerMetric(metric);
  };
}

function ageSeconds({ clock }: MetricsSources, feed: CameraFeed): number | undefined {
  const ageMs = newestFrameAgeMs(clock, feed);
  return ageMs === undefined ? undefined : ageMs / 1000;
}

/** The registry only calls `get()`; prom-client's own histogram would have to be fed, frame by frame, from the start. */
function createLatencyHistogram(latency: SendLatency): PromClient.Metric {
  const help = "Time from the capture of a frame to its send to the last of its viewers";
  const metric = {
    name: LATENCY,
    get: () => Promise.resolve({ name: LATENCY, help, type: "histogram", aggregator: "sum", values: read(latency) }),
  };
  return metric as unknown as PromClient.Metric;
}

function read(latency: SendLatency): object[] {
  return [...latency.entries()].flatMap(([camera, { buckets, sumSeconds }]) => {
    let total = 0;
    const counted = [...buckets].map((count, index) => {
      total += count;
      return { metricName: `${LATENCY}_bucket`, labels: { camera, le: latencyBounds[index] ?? "+Inf" }, value: total };
    });
    return [
      ...counted,
      { metricName: `${LATENCY}_sum`, labels: { camera }, value: sumSeconds },
      { metricName: `${LATENCY}_count`, labels: { camera }, value: total },
    ];
  });
}
