import { connect, type Socket } from "node:net";

/** How many connections are begun at once. */
const batch = 100;

/** The `index`th of many addresses of this machine; nobody else uses them. */
export function crowdAddress(index: number): string {
  return `127.1.${Math.floor(index / 200) % 250}.${(index % 200) + 1}`;
}

/** A connection to a port of 127.0.0.1; resolves once it is open or refused. What comes over it is thrown away. */
export function openFrom(localAddress: string, port: number): Promise<Socket> {
  const socket = connect({ port, host: "127.0.0.1", localAddress });
  socket.on("error", () => {}).resume();
  return new Promise((resolve) => {
    socket.once("connect", () => resolve(socket)).once("close", () => resolve(socket));
  });
}

/** `count` connections from as many addresses, a hundred at a time, each beginning with `bytes`. */
export async function openMany(count: number, port: number, bytes: string | Buffer = ""): Promise<Socket[]> {
  const sockets: Socket[] = [];
  while (sockets.length < count) {
    const some = Math.min(batch, count - sockets.length);
    const opened = await Promise.all(
      Array.from({ length: some }, (_, index) => openFrom(crowdAddress(sockets.length + index), port)),
    );
    if (bytes.length > 0) for (const socket of opened) if (socket.writable) socket.write(bytes);
    sockets.push(...opened);
  }
  return sockets;
}

/** Resolves when the server has closed all of them. */
export async function allEnded(sockets: readonly Socket[]): Promise<void> {
  await Promise.all(
    sockets.map(async (socket) => {
      if (!socket.closed) await new Promise<void>((resolve) => socket.once("close", () => resolve()));
    }),
  );
}

/** Sends `chunk` on all of them every 100 ms until the server has closed them. */
export async function trickle(sockets: readonly Socket[], chunk: string): Promise<void> {
  const timer = setInterval(() => {
    for (const socket of sockets) if (socket.writable) socket.write(chunk);
  }, 100);
  await allEnded(sockets);
  clearInterval(timer);
}
