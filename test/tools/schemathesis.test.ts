import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { record } from './record.ts';
import { type ContractRun, install, runContract, VARIABLES, VERSION } from './schemathesis/run.ts';
import { openWay, type ToolProject, toolProject, type Way } from './ways.ts';

const SEED = '19';
/** The values at the limits of each schema, which are most of all requests, and a few scenarios. */
const FEW = [
  '--seed',
  SEED,
  '--phases',
  'examples,coverage,stateful',
  '--max-examples',
  '5',
  '--continue-on-failure',
];
const MANY = ['--seed', SEED, '--max-examples', '10', '--continue-on-failure'];

let folder: string | null;
beforeAll(async () => {
  folder = await install();
}, 600_000);

describe('on the sandbox', () => {
  let way: Way;
  beforeAll(async () => {
    way = await openWay('sandbox', null, VARIABLES);
  });
  afterAll(() => way.close());

  const run = async (options: readonly string[]): Promise<ContractRun | null> => {
    if (folder === null || way.gateway === null) return null;
    const me = await fetch(`${way.gateway.url}/v1/me`, { headers: { 'x-api-key': way.secret } });
    const { project_id } = (await me.json()) as { project_id: string };
    return runContract(folder, way.gateway, { project_id }, options);
  };

  test('the contract holds at the limits of its schemas, for a fixed seed', { timeout: 1_800_000 }, async ({
    skip,
  }) => {
    const found = await run(FEW);
    if (found === null) return skip('schemathesis cannot be installed here');
    expect(found.failures).toBe('');
    expect(found.requests).toBeGreaterThan(4_000);
  });

  test('the contract holds for 5,000 requests', { timeout: 3_600_000 }, async ({ skip }) => {
    const found = await run(MANY);
    if (found === null) return skip('schemathesis cannot be installed here');
    recordRun(way, found);
    expect(found.failures).toBe('');
    expect(found.requests).toBeGreaterThan(5_000);
  });
});

describe('on a real OpenStack', () => {
  let project: ToolProject;
  let way: Way;
  beforeAll(async () => {
    project = await toolProject();
    way = await openWay('gateway', project, VARIABLES);
  }, 600_000);
  afterAll(async () => {
    await way?.close();
    await project?.remove();
  }, 600_000);

  test('the contract holds for 5,000 requests', { timeout: 7_200_000 }, async ({ skip }) => {
    if (folder === null || way.gateway === null) return skip('schemathesis cannot be installed here');
    const { credential } = project;
    const found = await runContract(folder, way.gateway, { application_credential: credential }, MANY);
    recordRun(way, found);
    expect(found.failures).toBe('');
    expect(found.requests).toBeGreaterThan(5_000);
  });
});

function recordRun({ where }: Way, { requests, failures }: ContractRun): void {
  const outcome = failures === '' ? `${requests} requests, no failure` : `failures in ${requests} requests`;
  record({
    tool: 'schemathesis',
    version: VERSION,
    run: 'the whole contract, all phases and checks',
    where,
    outcome,
  });
}
