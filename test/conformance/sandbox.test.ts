import { expect, test } from 'vitest';
import { upstreamCallsOf } from '../../src/dialects/redu/upstream-calls.ts';
import { type SandboxTarget, sandboxTarget } from '../support/sandbox-target.ts';
import { conformance } from './suite.ts';

let target: SandboxTarget;
conformance('the sandbox', async () => {
  target = await sandboxTarget();
  return target;
});

/** Signs up without a key. */
const WITHOUT_RULES = 'POST /v1/api_keys';
const ROOTS: Readonly<Record<string, string>> = {
  'block-storage': '/volume/v3/[^/]+',
  compute: '/compute/v2.1',
  identity: '/identity/v3',
  image: '/image/v2',
  network: '/networking/v2.0',
};

function patternsOf(row: readonly string[]): RegExp[] {
  return row.flatMap((text) => {
    const [service = '', methods = '', path = ''] = text.split(' ');
    const below = path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+');
    return methods.split(',').map((method) => new RegExp(`^${method} ${ROOTS[service]}${below}$`));
  });
}

test('no route of the redu dialect has made a call that its row of upstream calls lacks', () => {
  const missing: string[] = [];
  for (const [served, calls] of target.callsByRoute()) {
    const [method = '', path = ''] = served.replaceAll(/:(\w+)/g, '{$1}').split(' ');
    if (!/^\/(cloud\/)?v1\//.test(path) || served === WITHOUT_RULES) continue;
    const row = upstreamCallsOf({ method: method as 'GET', path: path as '/' });
    const patterns = patternsOf(row ?? []);
    for (const call of calls) {
      if (!patterns.some((pattern) => pattern.test(call))) missing.push(`${served}: ${call}`);
    }
  }
  expect(missing).toEqual([]);
});
