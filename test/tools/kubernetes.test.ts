/** What a cluster asks of a cloud, each way: nodes, pod routes, load balancers, volumes, servers that are switched off and deleted. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { installKubernetes, KUBERNETES, runCycle } from './kubernetes/programs.ts';
import { record } from './record.ts';
import { openWay, type ToolProject, toolProject } from './ways.ts';

const STEPS = 11;

let project: ToolProject;
beforeAll(async () => {
  await installKubernetes();
  project = await toolProject();
});
afterAll(() => project?.remove());

test.each(['directly', 'gateway'] as const)('%s: all steps of the cycle succeed', async (where) => {
  const way = await openWay(where, project, { LINGUANOVA_PLANS: '' });
  try {
    const lines = await runCycle(project.projectName, way.env);
    const ok = lines.filter((line) => line.startsWith('ok '));
    const outcome = `${ok.length} of ${STEPS} steps`;
    const run = 'nodes, routes, load balancer, volumes, csi-sanity, servers switched off and deleted';
    record({ tool: 'Kubernetes', version: KUBERNETES, run, where, outcome });
    expect(lines.filter((line) => !ok.includes(line))).toEqual([]);
    expect(ok).toHaveLength(STEPS);
  } finally {
    await way.close();
  }
});
