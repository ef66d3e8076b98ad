// Browses with another implementation than avahi's and prints each service it finds, as JSON, until it is stopped.
import { Bonjour } from "bonjour-service";

new Bonjour().find({ type: "http" }, ({ name, host, port, addresses, txt }) => {
  process.stdout.write(`${JSON.stringify({ name, host, port, addresses, txt: txt as unknown })}\n`);
});
