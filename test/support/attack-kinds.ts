/** What attack-main.ts knows how to do. */
export const attackKinds = [
  "idle",
  "headers",
  "bodies",
  "handshakes",
  "requests",
  "passwords",
  "bombs",
  "noise",
] as const;
export type AttackKind = (typeof attackKinds)[number];
