import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { record, type Where } from './record.ts';
import { life, type Stack, VERSION, Workspace } from './terraform/workspace.ts';
import { openWay, type ToolProject, toolProject, type Way } from './ways.ts';

const STEPS = 7;
/** The gateway's flags, as customers write them in metadata: their effects are not to show as changes of the plan. */
const FLAGS = { isPublic: 'true', enableSSH: 'true' };
const STACKS: Readonly<Record<Stack, string>> = {
  stack: 'create, plan, change, resize, grow, destroy: network, router, ports, instance, image',
  compute: 'create, plan, change, resize, grow, destroy: key pair, server group, instances',
};

let project: ToolProject;
beforeAll(async () => {
  project = await toolProject();
});
afterAll(() => project?.remove());

async function outcomeOf(way: Way, stack: Stack, flags: object) {
  const network = way.where === 'sandbox' ? 'demo-private' : project.networkName;
  const fixed = {
    name: `tf-${stack}`,
    ...(stack === 'compute' && { private_network: network, flags }),
  };
  const workspace = await Workspace.open(stack, way, fixed);
  const changed = { role: 'api' };
  const outcomes = await life(workspace, {}, changed, { ...changed, instances: 2, flavor: 'm1.small' });
  workspace.close();
  return outcomes;
}

const RUNS: readonly (readonly [Where, Stack, object])[] = [
  ['sandbox', 'stack', {}],
  ['sandbox', 'compute', FLAGS],
  ['directly', 'stack', {}],
  ['directly', 'compute', {}],
  ['gateway', 'stack', {}],
  ['gateway', 'compute', FLAGS],
  ['redu chain', 'compute', FLAGS],
];

describe('Terraform', () => {
  test.each(RUNS)(
    '%s: %s is created, changed, grown and destroyed, and plans stay empty',
    async (where, stack, flags) => {
      const way = await openWay(where, project);
      try {
        const outcomes = await outcomeOf(way, stack, flags);
        const good = Object.values(outcomes).filter((failure) => failure === null).length;
        record({
          tool: 'Terraform',
          version: VERSION,
          run: STACKS[stack],
          where,
          outcome: `${good} of ${STEPS} steps`,
        });
        expect(Object.entries(outcomes).filter(([, failure]) => failure !== null)).toEqual([]);
        expect(good).toBe(STEPS);
      } finally {
        await way.close();
      }
    },
  );
});
