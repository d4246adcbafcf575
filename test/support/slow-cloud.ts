import { prometheusMetrics } from '../../adapters/node/prometheus.ts';
import { type RunningServer, serve } from '../../adapters/node/serve.ts';
import { type Account, createSandbox } from '../../adapters/sandbox/index.ts';
import { silentLogger } from './silent-logger.ts';

/** A sandbox behind HTTP, as a cloud of its own, that takes its time for everything but signing in. */
export interface SlowCloud extends RunningServer {
  readonly authUrl: string;
  readonly account: Account;
  /** Requests that wait for their response. */
  readonly waiting: () => number;
  /** Requested paths, without sign-ins. */
  readonly asked: readonly string[];
}

/** @param milliseconds Duration of each response of Nova, Neutron and Glance. */
export async function startSlowCloud(milliseconds: number): Promise<SlowCloud> {
  let waiting = 0;
  const paths: string[] = [];
  let respond: (request: Request) => Promise<Response> = async () => new Response(null, { status: 503 });
  const listening = await serve({
    async fetch(request) {
      const { pathname } = new URL(request.url);
      if (pathname.startsWith('/identity')) return respond(request);
      paths.push(pathname);
      waiting += 1;
      await new Promise((resolve) => setTimeout(resolve, milliseconds));
      waiting -= 1;
      return respond(request);
    },
    host: '127.0.0.1',
    port: 0,
    receiveTimeoutMs: 30_000,
    keepAliveSeconds: 65,
    maxConnections: null,
    log: silentLogger,
    metrics: prometheusMetrics(),
  });
  // Only now, for the URLs of its catalog have the port in them.
  const sandbox = createSandbox({ baseUrl: listening.url });
  respond = (request) => sandbox.fetch(request);
  const [account] = sandbox.accounts;
  if (account === undefined) throw new Error('the sandbox has no account');
  return { ...listening, authUrl: sandbox.authUrl, account, waiting: () => waiting, asked: paths };
}
