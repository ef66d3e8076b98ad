import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { repositoryRoot } from "./compile-native.ts";
import { needing } from "./tool.ts";
import { until } from "./wait.ts";

const startDeadlineMs = 120_000;
const stopDeadlineMs = 20_000;

/**
 * What runs Home Assistant in its root ($1) with its configuration ($2). The mounts are seen by this process alone and
 * vanish with it; every step replaces the one before, so the process that Node knows is Home Assistant itself, and it
 * ends when this process ends.
 */
const launcher = `
mount --rbind /proc "$1/proc"
mount --rbind /dev "$1/dev"
mount --bind "$2" "$1/config"
exec setpriv --pdeathsig TERM chroot "$1" /venv/bin/python3 -m homeassistant --config /config --skip-pip --log-no-color`;

/** Options for tests of Home Assistant: a named skip where it cannot run, unless `CI` is set (see {@link needing}). */
export function needingHomeAssistant(): { readonly skip: string | false } {
  return needing("apt-get", "dpkg-deb", "flock", "pip3", "unshare", "setpriv");
}

/** The folder with Home Assistant; made on the first call of a machine's life. Progress goes to stderr. */
export async function prepareHomeAssistant(): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(join(repositoryRoot, "test/home-assistant/prepare.sh"), (error, stdout, stderr) => {
      if (error) reject(new Error(`Home Assistant cannot be prepared:\n${stderr}`));
      else resolve(stdout.trim());
    });
    child.stderr?.pipe(process.stderr);
  });
}

/** A port of 127.0.0.1 that nobody listens on now. */
export async function findFreePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, "close");
  return port;
}

/** Home Assistant's process. */
export class HomeAssistantProcess {
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;
  #output = "";

  private constructor(prepared: string, configDirectory: string) {
    const mapping = process.getuid?.() === 0 ? [] : ["--map-root-user"];
    const script = ["sh", "-euc", launcher, "home-assistant", join(prepared, "root"), configDirectory];
    this.#child = spawn("unshare", ["--mount", ...mapping, ...script], {
      env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", HOME: "/config", LANG: "C.UTF-8" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#closed = new Promise((resolve) => void this.#child.once("close", resolve));
    this.#child.once("error", (error) => (this.#output += `${error.message}\n`));
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.setEncoding("utf8").on("data", (text: string) => (this.#output += text));
  }

  /**
   * Starts it: `prepared` as from {@link prepareHomeAssistant}, `configDirectory` with what Home Assistant reads.
   * Resolves when it listens at `origin`; rejects with its log when it ends instead.
   */
  static async start(prepared: string, configDirectory: string, origin: string): Promise<HomeAssistantProcess> {
    const process = new HomeAssistantProcess(prepared, configDirectory);
    const isListening = async () => {
      if (process.#hasEnded) throw new Error("it ended");
      return fetch(`${origin}/manifest.json`).then(
        ({ ok }) => ok,
        () => false,
      );
    };
    try {
      await until(isListening, "Home Assistant to listen", startDeadlineMs);
      return process;
    } catch (error) {
      await process.stop();
      throw new Error(`Home Assistant does not start:\n${process.log()}`, { cause: error });
    }
  }

  get #hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** What it logged so far. */
  log(): string {
    return this.#output;
  }

  /** Lets it shut down, which saves its registries; SIGKILL follows after 20 s. */
  async stop(): Promise<void> {
    this.#child.kill("SIGTERM");
    const killer = setTimeout(() => this.#child.kill("SIGKILL"), stopDeadlineMs);
    await this.#closed;
    clearTimeout(killer);
  }
}
