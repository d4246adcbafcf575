/**
 * The acceptance suites of OpenStack's clients through the gateway, each test by itself; what fails is run directly too. Hours: choose
 * with `-t`.
 *
 * @module
 */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { realOpenStack } from '../support/real-openstack.ts';
import { type AcceptanceCloud, acceptanceCloud } from './acceptance/cloud.ts';
import { DIFFERENCES } from './acceptance/differences.ts';
import { listTests, type Outcome, runTest } from './acceptance/go-test.ts';
import { suitesIn } from './acceptance/suites.ts';
import { installed } from './install.ts';
import { record } from './record.ts';

const TEST_MS = 900_000;

const variables = realOpenStack();
if (variables === null) throw new Error('no OpenStack is running on this machine: start one first');
const suites = suitesIn(await installed('acceptance'));
const names = await Promise.all(suites.map(({ program, pattern }) => listTests(program, pattern)));

let cloud: AcceptanceCloud;
beforeAll(async () => {
  cloud = await acceptanceCloud(variables);
});
afterAll(() => cloud?.close());

describe.each(suites.map((suite, index) => ({ ...suite, tests: names[index] ?? [] })))(
  '$tool: $program.binary',
  ({ tool, version, program, environment, roleOf, tests }) => {
    const passed = { gateway: 0, 'directly alone': 0 };
    const run = (name: string, side: 'gateway' | 'directly'): Promise<Outcome> => {
      const env = { ...cloud.facts, ...cloud[side][roleOf(name)], ...environment };
      return runTest(program, name, env, TEST_MS);
    };
    afterAll(() => {
      const { gateway, 'directly alone': more } = passed;
      const what = `acceptance suite, ${program.folder.split('/openstack').at(-1)?.slice(1) || 'all resources'}`;
      if (gateway + more > 0)
        record({
          tool,
          version,
          run: what,
          where: 'gateway',
          outcome: `${gateway} of ${gateway + more} tests`,
        });
    });

    test.each(tests)(
      '%s passes through the gateway if it passes directly',
      async (name) => {
        const outcome = await run(name, 'gateway');
        if (outcome === 'passed') passed.gateway += 1;
        if (outcome !== 'failed' || (await run(name, 'directly')) !== 'passed') return;
        passed['directly alone'] += 1;
        expect(DIFFERENCES[name], `${name} fails through the gateway`).toBeDefined();
      },
      2 * TEST_MS,
    );
  },
);
