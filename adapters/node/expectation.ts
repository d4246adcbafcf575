import type { IncomingMessage, ServerResponse } from 'node:http';
import { linger } from './connections.ts';

/**
 * Sends `100 Continue` when the application begins to read the body, so after authentication and limits (RFC 9110, section 10.1.1).
 * A response without that closes the connection, as Node has it: whether the body still follows, client and server could read
 * differently.
 */
export function continueWhenRead(incoming: IncomingMessage, outgoing: ServerResponse): void {
  lingerOnClose(incoming);
  const read = incoming._read;
  incoming._read = (size) => {
    incoming._read = read;
    if (!outgoing.headersSent) outgoing.writeContinue();
    incoming._read(size);
  };
}

/** Ends the connection with this response, for a request whose body may follow and is not read. */
export function closeAfterResponse(incoming: IncomingMessage, outgoing: ServerResponse): void {
  outgoing.setHeader('Connection', 'close');
  lingerOnClose(incoming);
}

function lingerOnClose({ socket }: IncomingMessage): void {
  socket.destroySoon = () => linger(socket);
}
