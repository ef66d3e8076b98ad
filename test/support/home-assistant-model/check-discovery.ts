import { printFinding } from "./finding.ts";
import { inspectDiscovery } from "./inspect-discovery.ts";

/**
 * Every complaint that some Home Assistant from 2024.11 to 2026.9 has about a device discovery message, each as
 * `path: reason` with the keys written out (`components.camera.topic: required`); none when all of them take all of it.
 * Also complains about what HA passes over in silence but a sender cannot have meant: unknown keys of components, and
 * numbers or booleans sent as text. An empty payload removes the device and is fine.
 */
export function checkDiscovery(topic: string, payload: Buffer | string): readonly string[] {
  const { findings, components } = inspectDiscovery(topic, payload);
  return [...findings, ...components.flatMap((component) => component.findings)].map(printFinding);
}
