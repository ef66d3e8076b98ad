import { connectAsync } from "mqtt";

/** All that a broker keeps, by topic. Rejects when it does not answer. */
export async function readRetained(url: string): Promise<ReadonlyMap<string, Buffer>> {
  const client = await connectAsync(url, { protocolVersion: 5, reconnectPeriod: 0, connectTimeout: 5_000 }, false);
  try {
    const found = new Map<string, Buffer>();
    const marker = `marker/${client.options.clientId}`;
    const complete = new Promise<void>((resolve, reject) => {
      client.on("message", (topic, payload, { retain }) => {
        if (retain) found.set(topic, payload);
        else if (topic === marker) resolve();
      });
      client.on("close", () => reject(new Error("the broker hung up")));
    });
    await client.subscribeAsync("#", { qos: 1 });
    await client.publishAsync(marker, "", { qos: 1 }); // comes back after all that was kept
    await complete;
    return found;
  } finally {
    await client.endAsync(true);
  }
}
