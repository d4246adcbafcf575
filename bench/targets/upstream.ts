import { createHash } from 'node:crypto';
import { startChild } from '../harness/child.ts';
import type { KeyOwner } from './gateway.ts';

const SERVER = new URL('upstream-server.ts', import.meta.url).pathname;

/** The requests it received so far. */
export interface UpstreamCalls {
  readonly count: number;
  readonly bytes: number;
  /** The first hundred. */
  readonly paths: readonly string[];
}

/** The fast OpenStack of `upstream-server.ts`, where each project has `instancesPerProject` instances. */
export async function benchUpstream(instancesPerProject: number) {
  const child = await startChild(process.execPath, [SERVER, `${instancesPerProject}`], /listens on (\d+)/);
  const url = `http://127.0.0.1:${child.announced[0]}`;
  return {
    url,
    pid: child.pid,
    /** For the gateway. */
    environment: { OS_AUTH_URL: `${url}/identity/v3`, OS_INTERFACE: 'public' },
    calls: async (): Promise<UpstreamCalls> => JSON.parse(await (await fetch(`${url}/bench/calls`)).text()),
    async change(project: string, count: number): Promise<void> {
      await fetch(`${url}/bench/change?project=${project}&count=${count}`, { method: 'POST' });
    },
    stop: () => child.end(),
  };
}

/** The n-th project, and what opens it: the upstream takes its id for token and credential alike. */
export function owner(n: number): KeyOwner {
  const projectId = createHash('md5').update(`project ${n}`).digest('hex');
  return { projectId, credential: { kind: 'application_credential', id: projectId, secret: 'bench' } };
}
