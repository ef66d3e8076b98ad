import { text } from "node:stream/consumers";
import { get } from "node:http";
import { allEnded, crowdAddress, openFrom, openMany, trickle } from "./attack-sockets.ts";

/** What is attacked: ports of 127.0.0.1. */
export interface AttackTarget {
  readonly port: number;
  readonly httpsPort: number;
}

/** One attacker with one address. */
export const attackerAddress = "127.2.0.1";

const megabyte = "x".repeat(1_048_576);
const jsonPost = "POST /api/session HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";

const bombs: readonly string[] = [
  `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${megabyte}`,
  `GET / HTTP/1.1\r\nHost: localhost\r\n${"X-a: b\r\n".repeat(100_000)}`,
  `${jsonPost}Content-Length: 99999999999\r\n\r\n${megabyte}`,
  `${jsonPost}Transfer-Encoding: chunked\r\n\r\n${`100000\r\n${megabyte}\r\n`.repeat(4)}`,
];

/** The first part of a ClientHello. */
const halfHandshake = Buffer.from("16030102000100", "hex");

/** Connections that say nothing, until they are closed; `meanwhile` runs once all are there. */
export async function holdIdle(
  { port }: AttackTarget,
  count: number,
  meanwhile?: () => Promise<unknown>,
): Promise<void> {
  const sockets = await openMany(count, port);
  await meanwhile?.();
  await allEnded(sockets);
}

/** Slowloris: headers that never end. */
export async function trickleHeaders({ port }: AttackTarget, count: number): Promise<void> {
  await trickle(await openMany(count, port, "GET /stream HTTP/1.1\r\nHost: localhost\r\n"), "X-a: b\r\n");
}

/** The same with bodies. */
export async function trickleBodies({ port }: AttackTarget, count: number): Promise<void> {
  await trickle(await openMany(count, port, `${jsonPost}Content-Length: 9999\r\n\r\n{`), " ");
}

/** TLS handshakes that stop half-way. */
export async function stallHandshakes({ httpsPort }: AttackTarget, count: number): Promise<void> {
  await allEnded(await openMany(count, httpsPort, halfHandshake));
}

/** Requests from one address, as fast as answers come, over connections that are made anew as soon as they are closed. */
export async function floodRequests({ port }: AttackTarget, seconds: number): Promise<void> {
  const request = "GET /api/cameras HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(20);
  const untilMs = performance.now() + seconds * 1000;
  const flood = async (): Promise<void> => {
    while (performance.now() < untilMs) {
      const socket = await openFrom(attackerAddress, port);
      const goOn = (): void => {
        if (performance.now() >= untilMs) socket.destroy();
        else if (socket.writable) socket.write(request);
      };
      socket.on("data", goOn);
      goOn();
      await allEnded([socket]);
    }
  };
  await Promise.all(Array.from({ length: 20 }, flood));
}

/** One wrong password over a connection of its own: the answer's status; 0: closed before it was asked. */
function guessPassword(port: number, localAddress: string, name: string, password: string): Promise<number> {
  return new Promise((resolve) => {
    const place = { host: "127.0.0.1", port, localAddress, agent: false, path: "/stream" } as const;
    const asked = get({ ...place, auth: `${name}:${password}` }, (response) => {
      text(response).then(
        () => resolve(response.statusCode ?? 0),
        () => resolve(0),
      );
    });
    asked.on("error", () => resolve(0));
  });
}

/** Guesses `name`'s password from one address: how often each status was the answer. */
export function guessPasswords(
  target: AttackTarget,
  count: number,
  name: string,
): Promise<ReadonlyMap<number, number>> {
  return guess(target, count, () => ({ address: attackerAddress, name }));
}

/** The same of ever other names from ever other addresses: nothing but the cost of a check slows it down. */
export function guessEverybodysPasswords(target: AttackTarget, count: number): Promise<ReadonlyMap<number, number>> {
  const seed = Math.floor(performance.now());
  return guess(target, count, (index) => ({ address: crowdAddress(seed + index), name: `user ${seed + index}` }));
}

/** Fifty at a time. */
async function guess(
  { port }: AttackTarget,
  count: number,
  who: (index: number) => { readonly address: string; readonly name: string },
): Promise<ReadonlyMap<number, number>> {
  const statuses = new Map<number, number>();
  let next = 0;
  const goOn = async (): Promise<void> => {
    while (next < count) {
      const index = next++;
      const { address, name } = who(index);
      const status = await guessPassword(port, address, name, `wrong ${index}`);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: 50 }, goOn));
  return statuses;
}

/** Headers and bodies without end, of four kinds. */
export async function throwBombs({ port }: AttackTarget, count: number): Promise<void> {
  for (let thrown = 0; thrown < count; thrown += bombs.length) {
    const sockets = await Promise.all(bombs.map(() => openFrom(attackerAddress, port)));
    for (const [index, socket] of sockets.entries()) socket.write(bombs[index] ?? "");
    await allEnded(sockets);
  }
}

/** Bytes at random, over HTTP and over TLS; some begin like one of them. */
export async function sendNoise({ port, httpsPort }: AttackTarget, count: number): Promise<void> {
  const ports = [port, httpsPort];
  for (let from = 0; from < count; from += 100) {
    const some = Math.min(100, count - from);
    const sockets = await Promise.all(
      Array.from({ length: some }, (_, index) => openFrom(crowdAddress(index), ports[index % 2] ?? port)),
    );
    for (const [index, socket] of sockets.entries()) socket.end(noise(from + index));
    await allEnded(sockets);
  }
}

/** Asks for pictures, twenty on each connection, and takes none; `meanwhile` runs before the connections are given up. */
export async function refusePictures(
  { port }: AttackTarget,
  count: number,
  authorization: string,
  meanwhile: () => Promise<unknown>,
): Promise<void> {
  const request = `GET /snapshot.jpg?max_age=60000 HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${authorization}\r\n\r\n`;
  const sockets = await Promise.all(
    Array.from({ length: Math.min(count, 200) }, () => openFrom(attackerAddress, port)),
  );
  for (const socket of sockets) socket.pause().write(request.repeat(20));
  await meanwhile();
  for (const socket of sockets) socket.destroy();
}

const beginnings = ["", "GET ", "GET / HTTP/1.1\r\n", "POST /api/session HTTP/1.1\r\nHost: x\r\n", "\x16\x03\x01"];

/** The same for the same seed. */
function noise(seed: number): Buffer {
  let state = seed * 2_654_435_761 + 1;
  const next = (): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return state >>> 16;
  };
  const bytes = Buffer.from(Array.from({ length: 1 + (next() % 400) }, () => next() & 0xff));
  return Buffer.concat([Buffer.from(beginnings[seed % beginnings.length] ?? "", "latin1"), bytes]);
}
