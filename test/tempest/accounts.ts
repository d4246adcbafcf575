import { randomBytes } from 'node:crypto';
import type { CloudCredential } from '../../src/compute/cloud.ts';
import type { CloudProject, CloudProjects } from '../support/cloud-projects.ts';

/** A user of a project of their own, with a network, as tempest is given them. */
export interface TempestAccount extends Omit<CloudProject, 'credential'> {
  readonly isAdmin: boolean;
  /** What the account's API key carries. */
  readonly credential: CloudCredential;
}

export interface TempestAccounts {
  readonly accounts: readonly TempestAccount[];
  /** Deletes them, and everything in their projects. */
  remove(): Promise<void>;
}

/** Makes accounts of this run's own. */
export async function makeAccounts(
  projects: CloudProjects,
  { members, admins }: { readonly members: number; readonly admins: number },
): Promise<TempestAccounts> {
  const run = randomBytes(3).toString('hex');
  const accounts: TempestAccount[] = [];
  const remove = async () => {
    for (const account of accounts) await projects.remove(account);
  };
  const make = async (name: string, roles: readonly string[]) => {
    const project = await projects.make({ name, roles, cidr: '10.77.0.0/20', networkName: name });
    const credential = { kind: 'application_credential', ...project.credential } as const;
    accounts.push({ ...project, isAdmin: roles.includes('admin'), credential });
  };
  try {
    for (let number = 1; number <= members; number++) await make(`tempest-${run}-${number}`, ['member']);
    for (let number = 1; number <= admins; number++) {
      await make(`tempest-${run}-admin-${number}`, ['member', 'admin']);
    }
  } catch (error) {
    await remove();
    throw error;
  }
  return { accounts, remove };
}
