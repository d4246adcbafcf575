import type { Socket } from 'node:net';

const LINGER_MS = 1_000;

/**
 * Closes a connection after discarding further input for a second. Closing with unread bytes would send a reset, which can discard the
 * response at the client.
 */
export function linger(socket: Socket): void {
  if (socket.destroyed) return;
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('end', () => socket.destroy());
  socket.once('close', () => clearTimeout(timer));
  socket.end();
  socket.resume();
}
