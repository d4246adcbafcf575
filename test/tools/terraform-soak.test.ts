import { afterAll, beforeAll, expect, test } from 'vitest';
import { record } from './record.ts';
import { VERSION, Workspace } from './terraform/workspace.ts';
import { openWay, type ToolProject, toolProject, type Way } from './ways.ts';

const CYCLES = 20;
/** A cycle takes a minute or two on a machine that does nothing else. */
const TIMEOUT_MS = 4 * 3_600_000;
/** Two stacks at once, each half of the cycles. */
const STACKS = ['one', 'two'];

let project: ToolProject;
let way: Way;
beforeAll(async () => {
  project = await toolProject();
  way = await openWay('gateway', project);
});
afterAll(async () => {
  await way?.close();
  await project?.remove();
});

/** Server errors that the gateway has responded with since its start. */
async function serverErrors(): Promise<string[]> {
  const metrics = await (await fetch(`${way.gateway?.url}/metrics`)).text();
  return metrics
    .split('\n')
    .filter((line) => /^linguanova_requests_total\{.*status="5\d\d".*\} [1-9]/.test(line));
}

async function owned(): Promise<object> {
  const headers = { 'x-api-key': way.secret };
  const count = async (path: string) => {
    const body = await (await fetch(`${way.gateway?.url}/v1/${path}`, { headers })).json();
    return (body.items ?? body).length as number;
  };
  return {
    instances: await count('instances'),
    floatingIps: await count('floating_ips'),
    groups: await count('security_groups'),
    networks: await count('networks'),
    keyPairs: await count('keypairs'),
  };
}

test(
  `${CYCLES} cycles of create, change and destroy, two at once: no drift, nothing left, no server error`,
  async () => {
    const before = await owned();
    const failures: string[] = [];
    let done = 0;
    const cycles = async (name: string) => {
      for (let cycle = 1; cycle <= CYCLES / STACKS.length; cycle++) {
        const workspace = await Workspace.open('stack', way, { name: `soak-${name}` });
        const first = {};
        const changed = { role: 'api' };
        const steps = [
          () => workspace.apply(first),
          () => workspace.drift(first),
          () => workspace.apply(changed),
          () => workspace.drift(changed),
          () => workspace.destroy(changed),
        ];
        for (const step of steps) {
          const failure = await step();
          if (failure !== null) failures.push(`${name} ${cycle}: ${failure}`);
        }
        workspace.close();
        done++;
      }
    };
    await Promise.all(STACKS.map(cycles));
    const errors = await serverErrors();
    const left = await owned();
    const outcome = `${done} cycles, ${failures.length} failures, ${errors.length} server errors`;
    record({
      tool: 'Terraform',
      version: VERSION,
      run: `${CYCLES} cycles of a stack, two at once`,
      where: 'gateway',
      outcome,
    });
    expect(failures).toEqual([]);
    expect(errors).toEqual([]);
    expect(left).toEqual(before);
  },
  TIMEOUT_MS,
);
