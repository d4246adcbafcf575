/**
 * Before the tests against a real OpenStack: the customers acme and globex as projects of this run's own, with the network and the
 * quotas that the tests expect, in the variables of a file of the run's. Deleted at the end, also when tests fail.
 *
 * @module
 */

import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CloudProject, CloudProjects } from '../support/cloud-projects.ts';
import { OPENSTACK_ENV_FILE, realOpenStack } from '../support/real-openstack.ts';

const CUSTOMERS = {
  acme: { cidr: '10.10.0.0/24', quotas: { instances: 100, cores: 400, ram: 1_048_576, key_pairs: 100 } },
  globex: { cidr: '10.20.0.0/24', quotas: { instances: 3, cores: 8, ram: 16_384, key_pairs: 2 } },
};

export default async function ownProjects(): Promise<() => Promise<void>> {
  const variables = realOpenStack();
  if (variables === null) throw new Error('no OpenStack is running on this machine: start one first');
  const run = randomBytes(3).toString('hex');
  const projects = await CloudProjects.of(variables);
  const made: CloudProject[] = [];
  const folder = mkdtempSync(join(tmpdir(), 'linguanova-openstack-'));
  const end = async () => {
    rmSync(folder, { recursive: true });
    for (const project of made) await projects.remove(project);
  };
  try {
    const own: Record<string, string> = {};
    for (const [customer, { cidr, quotas }] of Object.entries(CUSTOMERS)) {
      const wish = { name: `${customer}-${run}`, roles: ['member'], cidr, quotas };
      const project = await projects.make({ ...wish, networkName: `${customer}-private` });
      made.push(project);
      Object.assign(own, variablesOf(customer.toUpperCase(), project));
      if (customer === 'acme') await projects.makeKeyPair(project, 'acme-key');
    }
    const file = join(folder, 'env');
    const lines = Object.entries({ ...variables, ...own }).map(
      ([name, value]) => `export ${name}='${value}'\n`,
    );
    writeFileSync(file, lines.join(''), { mode: 0o600 });
    process.env[OPENSTACK_ENV_FILE] = file;
    return end;
  } catch (error) {
    await end();
    throw error;
  }
}

function variablesOf(customer: string, project: CloudProject): Record<string, string> {
  return {
    [`${customer}_PROJECT_ID`]: project.projectId,
    [`${customer}_PROJECT`]: project.projectName,
    [`${customer}_USER_ID`]: project.userId,
    [`${customer}_USER`]: project.userName,
    [`${customer}_PASSWORD`]: project.password,
    [`${customer}_APP_CRED_ID`]: project.credential.id,
    [`${customer}_APP_CRED_SECRET`]: project.credential.secret,
    [`${customer}_NETWORK_ID`]: project.networkId,
    [`${customer}_SUBNET_ID`]: project.subnetId,
    [`${customer}_ROUTER_ID`]: project.routerId,
    [`${customer}_DEFAULT_GROUP_ID`]: project.defaultGroupId,
  };
}
