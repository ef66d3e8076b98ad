/** Shortest password that somebody may choose. */
export const minPasswordLength = 8;
const maxPasswordLength = 256;

/** What everybody tries first, of those that are long enough; in lower case. */
const common = new Set(
  `password passw0rd password1 password12 password123 12345678 123456789 1234567890 123123123 987654321 11111111 00000000
   88888888 12341234 87654321 qwertyui qwertyuiop qwerty123 qwerty12 1q2w3e4r 1q2w3e4r5t 1qaz2wsx asdfghjk asdfghjkl zxcvbnm123
   abcd1234 abc12345 iloveyou sunshine princess football baseball superman trustno1 letmein1 welcome1 changeme admin123
   administrator raspberry sightline homeassistant internet computer whatever michelle jennifer starwars dragon123 monkey123
   passwort passwort1 hallo123 geheim123 motdepasse contrasena`.split(/\s+/),
);

/** What is wrong with a chosen password, in words that go on after "the password"; undefined: nothing. */
export function findPasswordFault(password: string, userName: string): string | undefined {
  // oxlint-disable-next-line no-control-regex
  if (/[\u0000-\u001f\u007f]/.test(password)) return "must not contain control characters";
  const { length } = password;
  if (length < minPasswordLength) return `must have at least ${minPasswordLength} characters`;
  if (length > maxPasswordLength) return `must have at most ${maxPasswordLength} characters`;
  const plain = password.toLowerCase();
  if (plain === userName.toLowerCase()) return "must not be the user's name";
  if (common.has(plain) || new Set(plain).size < 3) return "is one of those that everybody tries first";
  return undefined;
}
