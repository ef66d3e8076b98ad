import { ownLayout } from "./struct-layout.ts";

// Run by a Node of another architecture: see struct-sizes.test.ts.
process.stdout.write(JSON.stringify(ownLayout()));
