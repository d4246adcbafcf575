import { createServer, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { deadlineIn } from '../../../src/clock.ts';
import { undiciTransport } from './undici.ts';

test('a connection that is never established was not sent and did not time out, so that it is retried and counted', async () => {
  const sockets: Socket[] = [];
  // Accepts TCP and never speaks TLS.
  const server = createServer((socket) => sockets.push(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const transport = undiciTransport();
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await transport.close();
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const call = transport.open(
    { service: 'compute', method: 'GET', url: `https://127.0.0.1:${port}/`, headers: {}, buffered: true },
    deadlineIn(30_000),
  );
  await expect(call).rejects.toMatchObject({ sent: false, timedOut: false });
});
