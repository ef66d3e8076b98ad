import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { ViewerInfo } from "../../hub/viewers-port.ts";
import { formatTimestamp } from "../../protocol/http/timestamp.ts";
import { formatDelimiter, mjpegBoundary } from "../../protocol/multipart/mixed-replace.ts";
import type { WirePart } from "./wire-part.ts";

/** What a viewer asked for in its query; names as in ustreamer. */
export interface ViewerWishes {
  /** Frames a second at most; undefined: all. */
  readonly fps: number | undefined;
  readonly key: string | undefined;
  readonly advanceHeaders: boolean;
  readonly dualFinalFrames: boolean;
  readonly extraHeaders: boolean;
  readonly zeroData: boolean;
}

const nothing = Buffer.alloc(0);
const opening = formatDelimiter(mjpegBoundary, true);

/** One client of one stream: holds at most one part, skips frames while that is under way. */
export class Viewer {
  readonly id: string;
  readonly address: string;
  readonly wishes: ViewerWishes;
  readonly #response: ServerResponse;
  readonly #socket: Socket;
  readonly #isPlain: boolean;
  readonly #intervalNs: bigint;
  #opened = false;
  #nextDueNs = 0n;
  #frames = 0;
  #skipped = 0;
  #fullSinceNs: bigint | undefined;
  #fps = 0;
  #sampledFrames = 0;
  #sampledNs: bigint | undefined;

  constructor(id: string, address: string, wishes: ViewerWishes, response: ServerResponse, socket: Socket) {
    this.id = id;
    this.address = address;
    this.wishes = wishes;
    this.#response = response;
    this.#socket = socket;
    this.#isPlain = !(wishes.advanceHeaders || wishes.extraHeaders || wishes.zeroData);
    this.#intervalNs = wishes.fps === undefined ? 0n : BigInt(Math.round(1e9 / wishes.fps));
  }

  /** Frames skipped because the socket was still full. */
  get skipped(): number {
    return this.#skipped;
  }

  /** Frames a second sent lately. */
  get fps(): number {
    return this.#fps;
  }

  /** As the API shows it. */
  get info(): ViewerInfo {
    const { key, advanceHeaders, dualFinalFrames, extraHeaders, zeroData } = this.wishes;
    const { id, address } = this;
    const flags = { advanceHeaders, dualFinalFrames, extraHeaders, zeroData };
    return { id, address, fps: Math.round(this.#fps * 10) / 10, ...(key !== undefined && { key }), ...flags };
  }

  /**
   * Sends a new frame unless the viewer is full or wants fewer. `nowNs` is the time of this round. `held`: the socket still
   * has the part; `sent`: the kernel took it all and its buffer is free.
   */
  offer(part: WirePart, nowNs: bigint): "held" | "sent" | "skipped" | "unwanted" {
    const socket = this.#socket;
    if (socket.writableLength !== 0) {
      this.#skipped += 1;
      this.#fullSinceNs ??= nowNs;
      return "skipped";
    }
    this.#fullSinceNs = undefined;
    if (this.#intervalNs !== 0n && !this.#isDue(part.frame.captureTimeNs)) return "unwanted";
    this.#frames += 1;
    this.#write(part, nowNs);
    return socket.writableLength === 0 ? "sent" : "held";
  }

  /** Sends a frame once more: a sign of life, and the push that makes browsers paint the last one. */
  repeat(part: WirePart, nowNs: bigint): void {
    if (this.#socket.writableLength === 0) this.#write(part, nowNs);
  }

  /** Whether the socket took nothing at all for `limitNs`. */
  isStuck(nowNs: bigint, limitNs: bigint): boolean {
    if (this.#socket.writableLength === 0) this.#fullSinceNs = undefined;
    else this.#fullSinceNs ??= nowNs;
    return this.#fullSinceNs !== undefined && nowNs - this.#fullSinceNs >= limitNs;
  }

  /** Takes a sample for {@link fps}; to be called about once a second. */
  sample(nowNs: bigint): void {
    if (this.#sampledNs !== undefined && nowNs > this.#sampledNs) {
      this.#fps = ((this.#frames - this.#sampledFrames) * 1e9) / Number(nowNs - this.#sampledNs);
    }
    this.#sampledFrames = this.#frames;
    this.#sampledNs = nowNs;
  }

  /** Ends the connection: what was written still goes out. */
  end(): void {
    this.#response.end();
    this.#socket.end();
  }

  /** Ends the connection at once. */
  destroy(): void {
    this.#socket.destroy();
  }

  #write(part: WirePart, nowNs: bigint): void {
    if (this.#opened && this.#isPlain) {
      this.#socket.write(part.whole);
      return;
    }
    const body = this.wishes.zeroData ? nothing : part.frame.bytes;
    const extra = this.wishes.extraHeaders ? this.#extraHeaders(part, nowNs) : "";
    const { advanceHeaders } = this.wishes;
    this.#socket.cork();
    if (!this.#opened) this.#socket.write(opening, "latin1");
    if (!this.#opened && advanceHeaders) this.#socket.write(part.head(extra));
    this.#opened = true;
    if (advanceHeaders) this.#socket.write(part.assembleAdvanced(extra, body));
    else this.#socket.write(this.#isPlain ? part.whole : part.assemble(extra, body));
    this.#socket.uncork();
  }

  /** Keeps to the asked rate by schedule, so that 25 of 30 frames are 25 and not every second one. */
  #isDue(timeNs: bigint): boolean {
    if (this.#nextDueNs - timeNs > this.#intervalNs / 8n) return false;
    const lateNs = timeNs - this.#nextDueNs;
    this.#nextDueNs = (lateNs > this.#intervalNs ? timeNs : this.#nextDueNs) + this.#intervalNs;
    return true;
  }

  /** ustreamer's `extra_headers`; what we do not have a moment of our own for is the capture's. */
  #extraHeaders(part: WirePart, nowNs: bigint): string {
    const { frame } = part;
    const grab = formatTimestamp(part.wallMs);
    const latencyMs = Number(nowNs - frame.captureTimeNs) / 1e6;
    const send = formatTimestamp(part.wallMs + latencyMs);
    const fields: readonly (readonly [string, string | number | boolean])[] = [
      ["Online", true],
      ["Dropped", this.#skipped],
      ["Width", frame.width],
      ["Height", frame.height],
      ["Client-FPS", Math.round(this.#fps)],
      ["Grab-Time", grab],
      ["Encode-Begin-Time", grab],
      ["Encode-End-Time", grab],
      ["Expose-Begin-Time", grab],
      ["Expose-Cmp-Time", grab],
      ["Expose-End-Time", send],
      ["Send-Time", send],
      ["Latency", (latencyMs / 1000).toFixed(6)],
    ];
    return fields.map(([name, value]) => `X-UStreamer-${name}: ${String(value)}\r\n`).join("");
  }
}
