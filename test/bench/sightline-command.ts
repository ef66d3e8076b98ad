import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { formatBasicAuthorization } from "../../src/access/basic-credentials.ts";
import { PasswordHasher } from "../../src/access/scrypt.ts";
import { makeCertificate } from "../support/certificate.ts";
import { sightlineProgram } from "../support/process-sightline.ts";
import type { Command, Stage } from "./bench-server.ts";

/** How Sightline differs from what users run. */
export interface SightlineSetup {
  /** `auth.mode` (default `password`). */
  readonly auth?: "password" | "none";
  /** Where it speaks HTTPS; 0: nowhere. */
  readonly httpsPort?: number;
  /** Further arguments for Node. */
  readonly nodeArgs?: readonly string[];
}

const password = "correct horse battery staple";

/** One user may have 128 streams: these are enough for the rows with most viewers. */
const names = ["anna", "bela"] as const;

/** The verifier of {@link password}; made once, for it is meant to take long. */
let verifier: Promise<string> | undefined;

async function users(): Promise<readonly unknown[]> {
  verifier ??= new PasswordHasher().hash(password);
  const known = await verifier;
  return names.map((name) => ({ name, password: known, role: "admin" }));
}

async function https({ directory }: Stage, port: number): Promise<Record<string, unknown>> {
  const place = { cert: join(directory, "cert.pem"), key: join(directory, "key.pem") };
  const { cert, key } = await makeCertificate("bench");
  await writeFile(place.cert, cert);
  await writeFile(place.key, key, { mode: 0o600 });
  return { server: { https: { port, ...place } } };
}

/** The program as users run it: accounts, default limits, statistics and repair on. Its viewers send Basic from the start. */
export async function prepareSightline(
  stage: Stage,
  port: number,
  { auth = "password", httpsPort = 0, nodeArgs = [] }: SightlineSetup,
): Promise<Command> {
  const { camera, directory } = stage;
  const isOpen = auth === "none";
  const config = {
    auth: isOpen ? { mode: auth } : { mode: auth, users: await users() },
    ...(httpsPort > 0 && (await https(stage, httpsPort))),
  };
  const file = join(directory, "sightline.yaml");
  await writeFile(file, JSON.stringify(config)); // which YAML contains
  const place = ["--config", file, "--host", "127.0.0.1", "--port", `${port}`, "--data-dir", join(directory, "data")];
  return {
    file: process.execPath,
    args: [...nodeArgs, sightlineProgram(), "serve", "--device", camera.path, ...place],
    streamPath: "/stream",
    authorizations: isOpen ? [] : names.map((name) => formatBasicAuthorization({ name, password })),
  };
}
