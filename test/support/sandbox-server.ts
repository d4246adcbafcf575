import { once } from 'node:events';
import { createAdaptorServer } from '@hono/node-server';
import { createSandbox, type Sandbox, type SandboxOptions } from '../../adapters/sandbox/index.ts';

export interface SandboxServer {
  readonly sandbox: Sandbox;
  close(): void;
}

/** A sandbox over HTTP, for gateways in processes of their own. @param intercept Responds in its place, unless with null. */
export async function sandboxServer(
  options: SandboxOptions,
  intercept: (request: Request) => Response | null = () => null,
): Promise<SandboxServer> {
  let sandbox: Sandbox | undefined;
  const server = createAdaptorServer({
    fetch: (request) => intercept(request) ?? sandbox?.fetch(request) ?? new Response(null, { status: 503 }),
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  sandbox = createSandbox({ ...options, baseUrl: `http://127.0.0.1:${port}` });
  return {
    sandbox,
    close() {
      server.close();
      if ('closeAllConnections' in server) server.closeAllConnections();
    },
  };
}
