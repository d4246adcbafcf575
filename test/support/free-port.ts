import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Below the range from which systems take the ports of outgoing connections: a server that is stopped and started again finds
 * its port free, whatever connects in between.
 */
const FIRST = 20_000;
const LAST = 32_000;
const ATTEMPTS = 50;

/** A free port of the loopback; random, so that concurrent tests hardly collide. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST));
    const server = createServer().listen(port, '127.0.0.1');
    try {
      await once(server, 'listening');
    } catch {
      continue;
    }
    server.close();
    await once(server, 'close');
    return port;
  }
  throw new Error(`no free port from ${FIRST} to ${LAST}`);
}
