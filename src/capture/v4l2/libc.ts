import { constants } from "node:os";
import koffi, { type node } from "koffi";
import { SystemCallError } from "./system-call-error.ts";

/** What poll(2) saw on a descriptor. */
export interface PollEvents {
  /** A buffer is done, or the device reports an error: the next DQBUF tells which. */
  readonly readable: boolean;
  /** POLLHUP, POLLRDHUP or POLLERR. */
  readonly disconnected: boolean;
}

/** One `ioctl` request: its number and its name for error messages. */
export interface IoctlRequest {
  readonly name: string;
  readonly number: number;
}

/**
 * The system calls V4L2 needs. All but `poll` are synchronous and, on descriptors opened with O_NONBLOCK, return at once.
 * They repeat themselves on EINTR and throw {@link SystemCallError}.
 */
export interface Libc {
  /** open(2) with O_RDWR | O_NONBLOCK | O_CLOEXEC: never waits, not in DQBUF either. */
  open(path: string): number;
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
   * Watches `fd` in Node's own event loop until the returned function is called, which must be before `fd` is closed. At
   * most one watch per descriptor (a second one would abort the process, so it throws). `onEvents` runs at the event
   * loop's top level and must not throw: what it throws becomes an uncaught exception.
   */
  poll(fd: number, interest: PollInterest, onEvents: (events: PollEvents) => void): () => void;
}

/** What to be woken for. */
export interface PollInterest {
  readonly readable: boolean;
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

type Call = (...parameters: readonly (number | bigint | string | Buffer | null)[]) => number;

function declare(name: string, result: string, parameters: readonly string[]): Call {
  return library.func(name, result, [...parameters]) as Call;
}

// open and ioctl are variadic in C. On Linux every ABI that koffi has passes integers and pointers to variadic functions
// as to any other, and the plain declaration saves building the argument types on every call.
const callOpen = declare("open", "int", ["str", "int", "uint"]);
const callClose = declare("close", "int", ["int"]);
const callIoctl = declare("ioctl", "int", ["int", "ulong", "void *"]);
const callMunmap = declare("munmap", "int", ["void *", "size_t"]);
const callMmap = declareMmap() as unknown as (...parameters: readonly unknown[]) => bigint;

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

/** Runs `call` until it is not interrupted; errno is read in the same synchronous step, where it is still right. */
function retry(syscall: string, call: () => number): number {
  for (;;) {
    const result = call();
    if (result !== -1) return result;
    const errno = koffi.errno();
    if (errno !== EINTR) throw new SystemCallError(syscall, errno);
  }
}

function open(path: string): number {
  return retry("open", () => callOpen(path, O_RDWR | O_NONBLOCK | O_CLOEXEC, 0));
}

function close(fd: number): void {
  // Not repeated: Linux has freed the number even when close says EINTR, and somebody else may own it by now.
  if (callClose(fd) === 0) return;
  const errno = koffi.errno();
  if (errno !== EINTR) throw new SystemCallError("close", errno);
}

function tryIoctl(fd: number, request: IoctlRequest, argument: Buffer): number {
  for (;;) {
    if (callIoctl(fd, request.number, argument) !== -1) return 0;
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
      retry("munmap", () => callMunmap(address, lengthBytes));
    },
  };
}

// Referenced for as long as they watch: a handle that is collected stops telling, without a word.
const watches = new Map<number, node.PollHandle>();

function poll(fd: number, interest: PollInterest, onEvents: (events: PollEvents) => void): () => void {
  if (watches.has(fd)) throw new Error(`descriptor ${fd} is watched already`);
  const handle = koffi.node.poll(fd, { ...interest, disconnect: true }, (events) => {
    onEvents({ readable: events.readable, disconnected: events.disconnect });
  });
  watches.set(fd, handle);
  return () => {
    if (watches.get(fd) !== handle) return;
    watches.delete(fd);
    handle.close();
  };
}

/** The machine's own C library. */
export const libc: Libc = { open, close, ioctl, tryIoctl, mmap, poll };
