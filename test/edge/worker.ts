/**
 * The worker as it is deployed, in front of a sandbox that the suites can see behind, and a second gateway on the same
 * bindings. The tests' own routes are below `/@`.
 *
 * @module
 */

import { createSandbox } from '../../adapters/sandbox/index.ts';
import { eventsObject } from '../../adapters/workers/events-object.ts';
import { type EdgeHandler, edgeHandler } from '../../adapters/workers/handler.ts';
import { sandboxObject } from '../../adapters/workers/sandbox-object.ts';
import { type Bindings, createEdgeGateway, type TestOverrides } from '../../adapters/workers/worker.ts';

export { LimitCounter } from '../../adapters/workers/worker.ts';

/** Base URL of the sandbox. */
const SANDBOX_URL = 'http://sandbox.invalid';
const CONFIRM_AFTER = 100;
/** A machine at work is slow, and nothing here is to be decided by that; milliseconds. */
const PATIENCE = 20_000;
/** Short, yet long enough for a test to see an instance while it is being built; milliseconds. */
const BOOT_MILLISECONDS = 60;
/** As the real OpenStack is seeded; acme has the sandbox's own default. */
const GLOBEX_QUOTA = { instances: 3, cores: 8, ram: 16_384, key_pairs: 2 };

export const SandboxCloud = sandboxObject(() =>
  createSandbox({
    baseUrl: SANDBOX_URL,
    bootMilliseconds: BOOT_MILLISECONDS,
    projects: [{ name: 'acme' }, { name: 'globex', quota: GLOBEX_QUOTA, withKeyPair: false }],
  }),
);

interface TestBindings extends Bindings {
  /** Milliseconds that a request gives the cloud; for tests of a cloud that does not answer. */
  readonly DEADLINE?: string;
}

const tuning = ({ DEADLINE: deadline }: TestBindings): TestOverrides => ({
  confirmAfterMs: CONFIRM_AFTER,
  storeTimeoutMs: PATIENCE,
  ...(deadline !== undefined && { upstreamBudgetMs: Number(deadline) }),
});
const gateway = () => edgeHandler<TestBindings>((bindings) => createEdgeGateway(bindings, tuning(bindings)));
export const ProjectEvents = eventsObject((bindings: TestBindings) =>
  createEdgeGateway(bindings, tuning(bindings), { ownsStreams: true }),
);
const [first, second] = [gateway(), gateway()];

const worker: EdgeHandler<TestBindings> = {
  async fetch(request, env, context) {
    const url = new URL(request.url);
    const [, part = '', rest = ''] = /^\/@(\w+)(.*)$/.exec(url.pathname) ?? [];
    const sandbox = env.SANDBOX?.get(env.SANDBOX.idFromName('sandbox'));
    if (part === 'second') return second.fetch(moved(request, url.origin + rest + url.search), env, context);
    if (part === 'access') return Response.json(await sandbox?.access());
    if (part === 'sandbox' && sandbox !== undefined) {
      return sandbox.fetch(moved(request, SANDBOX_URL + rest + url.search));
    }
    return first.fetch(request, env, context);
  },
  scheduled: (event, env, context) => first.scheduled(event, env, context),
};
export default worker;

function moved(request: Request, url: string): Request {
  return new Request(url, request);
}
