import { constants } from "node:os";
import koffi, { type node } from "koffi";
import { SystemCallError } from "./system-call-error.ts";

/** What was seen on a descriptor. */
export interface PollEvents {
  /** A buffer is done, or the device reports an error: the next DQBUF tells which. */
  readonly readable: boolean;
  /** POLLERR or the like: nothing more will be told about this descriptor. */
  readonly failed: boolean;
}

/** One `ioctl` request: its number and its name for error messages. */
export interface IoctlRequest {
  readonly name: string;
  readonly number: number;
}

/**
 * The calls that may keep a camera busy for a while (a USB control transfer, up to seconds when its firmware hangs): run in a
 * worker of libuv's pool so that the event loop never waits for a camera. At most two at a time in the whole process: a
 * camera that hangs must not take the pool from files and DNS. Reject with {@link SystemCallError}.
 */
export interface WorkerCalls {
  /** open(2) with O_RDWR | O_NONBLOCK | O_CLOEXEC: nothing waits on such a descriptor, DQBUF neither. */
  open(path: string): Promise<number>;
  ioctl(fd: number, request: IoctlRequest, argument: Buffer): Promise<void>;
  close(fd: number): Promise<void>;
}

/**
 * The system calls V4L2 needs. Those of `worker` are for what may take long; the others are synchronous and for what returns
 * at once. All repeat themselves on EINTR and throw {@link SystemCallError}.
 *
 * Importing this file loads koffi (a native library): reach it through `await import()` when a V4L2 camera is wanted.
 */
export interface Libc {
  readonly worker: WorkerCalls;
  close(fd: number): void;
  /**
   * ioctl(2). `argument` is the kernel struct's own bytes (`StructBuffer.bytes`, or 4 bytes for an `int`), read and written
   * in place: nothing is converted or copied, so a preallocated Buffer costs one foreign call.
   */
  ioctl(fd: number, request: IoctlRequest, argument: Buffer): void;
  /** The same, but an error is a returned errno (0: worked) and costs no exception: EAGAIN is daily bread to DQBUF. */
  tryIoctl(fd: number, request: IoctlRequest, argument: Buffer): number;
  /** Maps `lengthBytes` of a device readable and shared. */
  mmap(fd: number, lengthBytes: number, offset: number): Mapping;
  /**
   * Calls `onReady` whenever `fd`, an open device, is readable or in error, until the watch is stopped, which must be before
   * `fd` is closed. Level-triggered: DQBUF until EAGAIN, or it comes again at once. At most one watch per descriptor (a
   * second one would abort the process, so it throws).
   */
  poll(fd: number, onReady: (events: PollEvents) => void): PollWatch;
}

/** What {@link Libc.poll} began. */
export interface PollWatch {
  stop(): void;
  /**
   * Asks the driver anew to be woken. v4l2loopback forgets whoever asks while a frame is ready, and would never wake them: so
   * ask again when everything was read. Costs as much as reading a frame.
   */
  rearm(): void;
}

/** A piece of device memory. */
export interface Mapping {
  /** The memory itself. Must not be touched after `unmap`: the process would crash. */
  readonly bytes: Buffer;
  unmap(): void;
}

const EINTR = constants.errno.EINTR;
const O_RDWR = 0o2;
const O_NONBLOCK = 0o4000;
const O_CLOEXEC = 0o2000000;
const PROT_READ = 1;
const MAP_SHARED = 1;

// The process's global scope and not libc.so.6 by name: a preloaded library counts, and musl is found as well.
const library = koffi.load(null);

type Parameter = number | bigint | string | Buffer | null;
type AsyncCallback = (failure: Error | null, result: number) => void;
type Call = ((...parameters: readonly Parameter[]) => number) & {
  async(...parameters: readonly (Parameter | AsyncCallback)[]): void;
};

function declare(name: string, result: string, parameters: readonly string[]): Call {
  return library.func(name, result, [...parameters]) as Call;
}

// open and ioctl are variadic in C. On Linux every ABI that koffi has passes integers and pointers to variadic functions
// as to any other, and the plain declaration saves building the argument types on every call.
const callOpen = declare("open", "int", ["str", "int", "uint"]);
const callClose = declare("close", "int", ["int"]);
const callIoctl = declare("ioctl", "int", ["int", "ulong", "void *"]);
const callMunmap = declare("munmap", "int", ["void *", "size_t"]);
const callMmap = declareMmap() as unknown as (...parameters: readonly Parameter[]) => bigint;

/** glibc's mmap64 takes a 64-bit offset everywhere; musl has only mmap, whose off_t always has 64 bits. */
function declareMmap(): Call {
  const parameters = ["void *", "size_t", "int", "int", "int", "int64_t"];
  try {
    return declare("mmap64", "void *", parameters);
  } catch {
    return declare("mmap", "void *", parameters);
  }
}

const MAP_FAILED = 2n ** BigInt(8 * koffi.sizeof("void *")) - 1n;

function close(fd: number): void {
  // Not repeated: Linux has freed the number even when close says EINTR, and somebody else may own it by now.
  if (callClose(fd) === 0) return;
  const errno = koffi.errno();
  if (errno !== EINTR) throw new SystemCallError("close", errno);
}

function tryIoctl(fd: number, request: IoctlRequest, argument: Buffer): number {
  for (;;) {
    if (callIoctl(fd, request.number, argument) !== -1) return 0;
    // In the same synchronous step: any other call may change it.
    const errno = koffi.errno();
    if (errno !== EINTR) return errno;
  }
}

function ioctl(fd: number, request: IoctlRequest, argument: Buffer): void {
  const errno = tryIoctl(fd, request, argument);
  if (errno !== 0) throw new SystemCallError(request.name, errno);
}

function mmap(fd: number, lengthBytes: number, offset: number): Mapping {
  const address = callMmap(null, lengthBytes, PROT_READ, MAP_SHARED, fd, offset);
  if (address === MAP_FAILED) throw new SystemCallError("mmap", koffi.errno());
  let mapped = true;
  return {
    bytes: Buffer.from(koffi.view(address, lengthBytes)),
    unmap(): void {
      if (!mapped) return;
      mapped = false;
      if (callMunmap(address, lengthBytes) !== 0) throw new SystemCallError("munmap", koffi.errno());
    },
  };
}

// Referenced for as long as they watch: a handle that is collected stops telling, without a word.
const watches = new Map<number, node.PollHandle>();

// Made once: they are told thirty times a second and more.
const readable: PollEvents = { readable: true, failed: false };
const failed: PollEvents = { readable: false, failed: true };

/** koffi's callback gets libuv's status first, unlike its types say. A negative one is POLLERR. */
function poll(fd: number, onReady: (events: PollEvents) => void): PollWatch {
  if (watches.has(fd)) throw new Error(`descriptor ${fd} is watched already`);
  const interest = { readable: true, disconnect: true };
  const isWatched = (): boolean => watches.get(fd) === handle;
  const wake = (status: number): void => {
    if (!isWatched()) return;
    onReady(status < 0 ? failed : readable);
    if (status < 0 && isWatched()) handle.start(interest, tell); // libuv stops watching after POLLERR
  };
  // Not at once: no tick or promise runs after this callback until something else wakes Node, and an exception would end
  // in native code. An immediate follows in the same turn of the loop and has neither fault.
  const tell = (...told: readonly unknown[]): void => void setImmediate(wake, told[0] as number);
  const handle = koffi.node.poll(fd, interest, tell);
  watches.set(fd, handle);
  return {
    rearm: () => {
      if (isWatched()) handle.start(interest, tell);
    },
    stop: () => {
      if (!isWatched()) return;
      watches.delete(fd);
      handle.close();
    },
  };
}

const maxWorkers = 2;
let busyWorkers = 0;
const waiting: (() => void)[] = [];

/** One call in a worker, when one is free. */
async function inWorker(syscall: string, call: Call, ...parameters: readonly Parameter[]): Promise<number> {
  if (busyWorkers < maxWorkers) busyWorkers += 1;
  else await new Promise<void>((resolve) => waiting.push(resolve));
  try {
    return await callAsync(syscall, call, parameters);
  } finally {
    const next = waiting.shift();
    if (next) next();
    else busyWorkers -= 1;
  }
}

function callAsync(syscall: string, call: Call, parameters: readonly Parameter[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const attempt = (): void =>
      call.async(...parameters, (failure, result) => {
        // errno is this call's only here, in the callback itself.
        const errno = result === -1 ? koffi.errno() : 0;
        if (failure) reject(failure);
        else if (errno === EINTR && call !== callClose) attempt();
        else if (errno === 0 || errno === EINTR) resolve(result);
        else reject(new SystemCallError(syscall, errno));
      });
    attempt();
  });
}

const worker: WorkerCalls = {
  open: (path) => inWorker("open", callOpen, path, O_RDWR | O_NONBLOCK | O_CLOEXEC, 0),
  async ioctl(fd, request, argument) {
    await inWorker(request.name, callIoctl, fd, request.number, argument);
  },
  async close(fd) {
    await inWorker("close", callClose, fd);
  },
};

/** The machine's own C library. */
export const libc: Libc = { worker, close, ioctl, tryIoctl, mmap, poll };
