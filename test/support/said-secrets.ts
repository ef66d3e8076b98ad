/** What looks like something that the program gave out, or a key that it read: never in a log, whoever's it is. */
const patterns: Readonly<Record<string, RegExp>> = {
  "a bearer token": /\bslt_[A-Za-z0-9_-]{43}/,
  "a session": /\bv1(?:\.[A-Za-z0-9_-]+){5}\.[A-Za-z0-9_-]{43}/,
  "a signature": /\bsignature=[A-Za-z0-9_-]{43}/,
  "a password's hash": /\$scrypt\$[^$\s]*\$[A-Za-z0-9+/]/,
  "a private key": /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
  "somebody's credentials": /\bauthorization\W{1,5}(?:basic|digest|bearer) +\S{6}/i,
  "a password in a URL": /\b[a-z][a-z0-9+.-]*:\/\/[^\s:/@"']*:(?!\*\*\*@)[^\s/@"']+@/i,
};
const secretKey = /password|token/i;
/** Shorter ones may be words. */
const shortestSecret = 8;

/**
 * Which secrets stand in what a program said: the configured ones, and whatever looks like one. What tests start is looked at
 * at its end, all of it.
 */
export function findSaidSecrets(said: string, config: object = {}): readonly string[] {
  const configured = secretsOf(config).filter(({ value }) => value.length >= shortestSecret);
  const named = configured.filter(({ value }) => said.includes(value) || said.includes(inJson(value)));
  const alike = Object.entries(patterns).filter(([, pattern]) => pattern.test(said));
  return [...named.map(({ key }) => key), ...alike.map(([what]) => what)];
}

function secretsOf(config: object, path = ""): readonly { readonly key: string; readonly value: string }[] {
  return Object.entries(config).flatMap(([name, value]: [string, unknown]) => {
    const key = path === "" ? name : `${path}.${name}`;
    if (typeof value === "string") return secretKey.test(name) ? [{ key, value }] : [];
    return typeof value === "object" && value !== null ? secretsOf(value, key) : [];
  });
}

function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}
