/**
 * What the schema knows already and this version does not do yet. Whoever builds one of these takes its line out.
 * `off` says which key, given this value, asks for nothing and so is no reason to warn; `only`, that no other value does.
 */
interface PendingFeature {
  readonly key: string;
  readonly off?: readonly [key: string, value: unknown];
  readonly only?: unknown;
}

const pendingFeatures: readonly PendingFeature[] = [
  { key: "rtsp", off: ["rtsp.enabled", false] },
  { key: "onvif", off: ["onvif.enabled", false] },
  { key: "motion", off: ["motion.enabled", false] },
  { key: "recording", off: ["recording.mode", "off"] },
  { key: "homeAssistant", off: ["homeAssistant.liveCamera", "off"] },
  { key: "cameras.N.format", only: "h264" },
  { key: "cameras.N.h264", off: ["cameras.N.h264.encoder", "off"] },
  { key: "cameras.N.rotation", off: ["cameras.N.rotation", 0] },
  { key: "cameras.N.flip", off: ["cameras.N.flip", "none"] },
  { key: "cameras.N.motion", off: ["cameras.N.motion.enabled", false] },
  { key: "cameras.N.recording", off: ["cameras.N.recording.mode", "off"] },
];

/** The keys among `given` that name something this version does not do yet, each feature once, in their order. */
export function findPending(given: ReadonlyMap<string, unknown>): readonly string[] {
  const found = new Set<string>();
  for (const key of given.keys()) {
    for (const feature of pendingFeatures) {
      const concrete = concreteKey(feature.key, key);
      if (key !== concrete && !key.startsWith(`${concrete}.`)) continue;
      if (feature.only !== undefined && given.get(key) !== feature.only) continue;
      const [offKey, offValue] = feature.off ?? [];
      const isOff = offKey !== undefined && given.get(concreteKey(offKey, key)) === offValue;
      if (!isOff) found.add(concrete);
    }
  }
  return [...found];
}

/** `cameras.N.flip` for the camera that `key` is about. */
function concreteKey(pattern: string, key: string): string {
  return pattern.replace("N", /^cameras\.(\d+)\./.exec(key)?.[1] ?? "N");
}
