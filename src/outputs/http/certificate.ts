import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createSecureContext, type SecureContextOptions } from "node:tls";
import { ConfigError } from "../../core/errors.ts";

/** Where the certificate of a server is, PEM both. */
export interface CertificatePlace {
  /** The chain: our own certificate first. */
  readonly cert: string;
  readonly key: string;
}

/** A certificate that can be used with its key, and what to say of it. */
export interface Certificate {
  readonly context: SecureContextOptions;
  /** As OpenSSL lists them: `DNS:localhost, IP Address:127.0.0.1`. */
  readonly names: string;
  readonly from: Date;
  readonly until: Date;
  /** SHA-256, as browsers show it. */
  readonly fingerprint: string;
}

/** One of the files cannot be used, in words that never hold any of its content. */
export class UselessCertificate extends ConfigError {
  /** The file and what is wrong with it. */
  readonly words: string;

  constructor(key: "cert" | "key", file: string, why: string) {
    super([{ key: `server.https.${key}`, value: file, allowed: why }]);
    this.words = `${file} ${why}`;
  }
}

/** Reads both files. Throws {@link UselessCertificate}. */
export async function readCertificate({ cert: certFile, key: keyFile }: CertificatePlace): Promise<Certificate> {
  const cert = await readPem("cert", certFile);
  const key = await readPem("key", keyFile);
  const own = attempt("cert", certFile, "is no certificate (PEM)", () => new X509Certificate(cert));
  const privateKey = attempt("key", keyFile, "is no private key without a passphrase (PEM)", () =>
    createPrivateKey(key),
  );
  if (!own.checkPrivateKey(privateKey)) throw new UselessCertificate("key", keyFile, `does not belong to ${certFile}`);
  const context = { cert, key };
  attempt("cert", certFile, "cannot be used for TLS", () => createSecureContext(context));
  return {
    context,
    names: own.subjectAltName ?? own.subject,
    from: new Date(own.validFrom),
    until: new Date(own.validTo),
    fingerprint: own.fingerprint256,
  };
}

async function readPem(key: "cert" | "key", file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    throw new UselessCertificate(key, file, `cannot be read (${code})`);
  }
}

function attempt<T>(key: "cert" | "key", file: string, why: string, act: () => T): T {
  try {
    return act();
  } catch {
    throw new UselessCertificate(key, file, why);
  }
}
