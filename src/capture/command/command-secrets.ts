/** Words that say of what is behind them that it is secret, as the last part of a name: `user-pw`, `api_key`, `--access-token`. */
const tellingWord =
  "(?:pass|passwd|password|passphrase|passcode|pwd|pw|token|secret|auth|authorization|apikey|key|cred|credential|credentials|sig|signature)";
/** `NAME=VALUE` and `NAME: VALUE`, wherever it stands in a word: in a query, a path, a property, a header. */
const assignment = new RegExp(
  String.raw`(?<![A-Za-z0-9])(?:[A-Za-z0-9]+[-_])*${tellingWord}\s*[=:]\s*["']?([^\s&;,"']+)`,
  "gi",
);
/** Cameras take `…/user=admin_password=VALUE_channel=1`, and a query may follow. */
const nextInPath = /(?:[_/][A-Za-z][A-Za-z0-9]*=|\?).*$/;
const tellingFlag = new RegExp(String.raw`^--?(?:[A-Za-z0-9]+[-_])*${tellingWord}$`, "i");
const userFlag = /^(?:-u|--(?:proxy-)?user)$/;
const userWord = /^(?:-u|--(?:proxy-)?user=)[^\s:]+:(.+)$/;
const authorization = /\b(basic|bearer)\s+([A-Za-z0-9+/=._~-]+)/gi;
/** Parameters of URLs are about secrets more often: any name with one of these in it, but `author`, `keyint`, `design`. */
const secretParameter = /pass|pwd|token|secret|auth(?!ors?$)|key(?!_?(?:int|frame))|cred|(?<![a-z])sig/i;
/** What stands behind such names and is none. */
const plainWords = new Set([
  "basic",
  "bearer",
  "digest",
  "none",
  "auto",
  "true",
  "false",
  "null",
  "anonymous",
  "admin",
]);
/** Shorter ones would blot out ordinary words. */
const shortestSecret = 4;

/**
 * What is likely to be secret among a command's words, longest first: passwords in URLs, values behind telling names (in queries and
 * paths, properties, flags, headers), credentials of HTTP. Each as it is written and as it is meant: a program may say either.
 */
export function secretsIn(command: readonly string[]): readonly string[] {
  const found = [
    ...command.flatMap((word) => [...inUrls(word), ...inWord(word), ...behindFlags(wordsOfShell(word))]),
    ...behindFlags(command),
  ];
  const forms = found.flatMap((secret) => [secret, encodeURIComponent(secret), decode(secret)]);
  const secrets = forms.filter((form) => form.length >= shortestSecret && !plainWords.has(form.toLowerCase()));
  return [...new Set(secrets)].toSorted((a, b) => b.length - a.length);
}

/** `text` with `***` for each of `secrets`, which are what `secretsIn` returned. */
export function hideSecrets(text: string, secrets: readonly string[]): string {
  return secrets.reduce((shown, secret) => shown.replaceAll(secret, "***"), text);
}

/** The words of what `sh -c` is given. */
function wordsOfShell(word: string): readonly string[] {
  return [...word.matchAll(/"([^"]*)"|'([^']*)'|[^\s"']+/g)].map(([all, double, single]) => double ?? single ?? all);
}

function inUrls(word: string): readonly string[] {
  const urls = (word.match(/[a-z][a-z0-9+.-]*:\/\/\S+/gi) ?? []).filter((url) => URL.canParse(url));
  return urls.flatMap((url) => {
    const { password, searchParams } = new URL(url);
    return [password, ...[...searchParams].filter(([name]) => secretParameter.test(name)).map(([, value]) => value)];
  });
}

function inWord(word: string): readonly string[] {
  const assigned = [...word.matchAll(assignment)].flatMap(([, value = ""]) => [value, value.replace(nextInPath, "")]);
  const shown = [...word.matchAll(authorization)].flatMap(([, scheme = "", value = ""]) =>
    scheme.toLowerCase() === "basic" ? [value, passwordOf(Buffer.from(value, "base64").toString())] : [value],
  );
  return [...assigned, ...shown, userWord.exec(word)?.[1] ?? ""];
}

function behindFlags(words: readonly string[]): readonly string[] {
  return words.flatMap((word, index) => behind(word, words[index + 1]));
}

/** What a flag says of the word behind it. */
function behind(word: string, next: string | undefined): readonly string[] {
  if (next === undefined || next.startsWith("-")) return [];
  if (userFlag.test(word)) return [passwordOf(next)];
  return tellingFlag.test(word) ? [next] : [];
}

/** Of `NAME:PASSWORD`. */
function passwordOf(text: string): string {
  return text.includes(":") ? text.slice(text.indexOf(":") + 1) : "";
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a lone percent sign is just that
  }
}
