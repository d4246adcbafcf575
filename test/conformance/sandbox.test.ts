import { expect, test } from 'vitest';
import { type SandboxTarget, sandboxTarget } from '../support/sandbox-target.ts';
import { upstreamPatterns } from '../support/upstream-patterns.ts';
import { conformance } from './suite.ts';

let target: SandboxTarget;
conformance('the sandbox', async () => {
  target = await sandboxTarget();
  return target;
});

/** Signs up without a key. */
const WITHOUT_RULES = 'POST /v1/api_keys';
test('no route of the redu dialect has made a call that its row of upstream calls lacks', () => {
  const missing: string[] = [];
  for (const [served, calls] of target.callsByRoute()) {
    if (!/ \/(cloud\/)?v1\//.test(served) || served === WITHOUT_RULES) continue;
    const patterns = upstreamPatterns(served);
    for (const call of calls) {
      if (!patterns.some((pattern) => pattern.test(call))) missing.push(`${served}: ${call}`);
    }
  }
  expect(missing).toEqual([]);
});
