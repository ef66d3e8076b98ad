/** Shortest password that somebody may choose. */
export const minPasswordLength = 8;
const maxPasswordLength = 256;

/** What everybody tries first here and in no list of the whole world; in lower case. */
const ours = new Set(
  `sightline sightline1 sightline123 homeassistant homeassistant1 raspberrypi raspberry1 webcam123 camera123 kamera123
   ueberwachung frontdoor haustuer1 passwort1 passwort123 hallo123 geheim123 motdepasse1 contrasena1`.split(/\s+/),
);

let common: Promise<ReadonlySet<string>> | undefined;

/**
 * What is wrong with a chosen password, in words that go on after "the password"; undefined: nothing. The list of common ones
 * is loaded when it is first needed, and stays: some 5 MB.
 */
export async function findPasswordFault(password: string, userName: string): Promise<string | undefined> {
  // oxlint-disable-next-line no-control-regex
  if (/[\u0000-\u001f\u007f]/.test(password)) return "must not contain control characters";
  const { length } = password;
  if (length < minPasswordLength) return `must have at least ${minPasswordLength} characters`;
  if (length > maxPasswordLength) return `must have at most ${maxPasswordLength} characters`;
  const plain = password.toLowerCase();
  if (plain === userName.toLowerCase()) return "must not be the user's name";
  const isCommon = ours.has(plain) || new Set(plain).size < 3 || (await loadCommon()).has(plain);
  return isCommon ? "is one of those that everybody tries first" : undefined;
}

function loadCommon(): Promise<ReadonlySet<string>> {
  common ??= readCommon();
  return common;
}

async function readCommon(): Promise<ReadonlySet<string>> {
  const { dictionary } = await import("@zxcvbn-ts/language-common");
  const words = dictionary["passwords-common"].filter(({ length }) => length >= minPasswordLength);
  return new Set(words.map((word) => word.toLowerCase()));
}
