declare module "pino-roll" {
  import type { EventEmitter } from "node:events";

  export interface RollingStream extends EventEmitter {
    write(line: string): boolean;
    flushSync(): void;
    end(): void;
  }

  interface RollingOptions {
    readonly file: string;
    readonly size?: string;
    readonly limit?: { readonly count: number; readonly removeOtherLogFiles?: boolean };
    readonly mkdir?: boolean;
    readonly sync?: boolean;
    readonly maxLength?: number;
  }

  export default function openRolling(options: RollingOptions): Promise<RollingStream>;
}
