// An attacker in a process of its own: node attack-main.js KIND PORT HTTPS_PORT. Goes on until it is ended.
import { setPriority } from "node:os";
import {
  floodRequests,
  guessEverybodysPasswords,
  holdIdle,
  sendNoise,
  stallHandshakes,
  throwBombs,
  trickleBodies,
  trickleHeaders,
  type AttackTarget,
} from "./attacks.ts";
import type { AttackKind } from "./attack-kinds.ts";

const attacks: Readonly<Record<AttackKind, (target: AttackTarget) => Promise<unknown>>> = {
  idle: (target) => holdIdle(target, 5000),
  headers: (target) => trickleHeaders(target, 1000),
  bodies: (target) => trickleBodies(target, 1000),
  handshakes: (target) => stallHandshakes(target, 1000),
  requests: (target) => floodRequests(target, 3600),
  passwords: (target) => guessEverybodysPasswords(target, 1000),
  bombs: (target) => throwBombs(target, 1000),
  noise: (target) => sendNoise(target, 1000),
};

// It would be another machine: it takes what the server and its viewers leave.
setPriority(19);
const [kind = "", port = "", httpsPort = ""] = process.argv.slice(2);
const attack = attacks[kind as AttackKind];
for (;;) await attack({ port: Number(port), httpsPort: Number(httpsPort) });
