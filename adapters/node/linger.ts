import type { Socket } from 'node:net';

/** How long a client may go on sending after its last response, in milliseconds. */
const LINGER_MS = 1_000;

/**
 * Closes a connection once its client has had the chance to read the last response: what still arrives is discarded for a second. To
 * close at once with bytes unread sends a reset, which can discard the response at the client.
 */
export function linger(socket: Socket): void {
  if (socket.destroyed) return;
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('end', () => socket.destroy());
  socket.once('close', () => clearTimeout(timer));
  socket.end();
  socket.resume();
}
