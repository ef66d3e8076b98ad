import { generate } from "selfsigned";

/** A certificate for localhost and 127.0.0.1, with its key, PEM both. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** A new self-signed certificate; an expired one is as bad as it gets while still being one. */
export async function makeCertificate(name: string, isExpired = false): Promise<Certificate> {
  const day = 86_400_000;
  const startMs = Date.now() - (isExpired ? 20 : 1) * day;
  const made = await generate([{ name: "commonName", value: name }], {
    keyType: "ec",
    curve: "P-256",
    algorithm: "sha256",
    notBeforeDate: new Date(startMs),
    notAfterDate: new Date(startMs + 10 * day),
    extensions: [
      {
        name: "subjectAltName",
        altNames: [
          { type: 2, value: "localhost" },
          { type: 7, ip: "127.0.0.1" },
        ],
      },
    ],
  });
  return { cert: made.cert, key: made.private };
}
