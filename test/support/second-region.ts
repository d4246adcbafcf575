/**
 * `RegionTwo` of the real OpenStack that is running: services of its own under the same Keystone. Clients that name no region get
 * endpoints of either one while it is up.
 *
 * @module
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openStackHome, variablesIn } from './real-openstack.ts';

const SCRIPTS = new URL('../../../shared/openstack/', import.meta.url).pathname;
const NAME = 'RegionTwo';

export interface SecondRegion {
  readonly name: string;
  /** As `realOpenStack` has those of the first. */
  readonly variables: Readonly<Record<string, string>>;
  /** It was down before. */
  readonly isOurs: boolean;
  /** Stops its services; its endpoints stay in the catalog. */
  stop(): Promise<void>;
  /** Removes it if it was down before, else leaves it up. */
  end(): Promise<void>;
}

/** Starts it unless it is up, without block storage. */
export async function secondRegion(): Promise<SecondRegion> {
  const file = join(`${openStackHome()}-two`, 'env');
  const isUp = async () => {
    const { NOVA_URL: nova } = existsSync(file) ? variablesIn(file) : {};
    return nova !== undefined && (await fetch(nova).catch(() => null)) !== null;
  };
  const isOurs = !(await isUp());
  try {
    if (isOurs) await run('up');
    return {
      name: NAME,
      variables: variablesIn(file),
      isOurs,
      stop: () => run('down'),
      end: async () => {
        if (isOurs) await run('down', '--wipe');
        else if (!(await isUp())) await run('up');
      },
    };
  } catch (error) {
    await run('down', '--wipe');
    throw error;
  }
}

async function run(script: 'up' | 'down', ...options: readonly string[]): Promise<void> {
  const home = openStackHome();
  const { WITH_CINDER: _, WITH_SERVICES: __, ...inherited } = process.env;
  const release = readFileSync(join(home, 'state', 'release'), 'utf8').trim();
  const env = { ...inherited, OPENSTACK_HOME: home, OPENSTACK_RELEASE: release, OPENSTACK_REGION: NAME };
  const child = spawn(join(SCRIPTS, script), options, { env, stdio: ['ignore', 'ignore', 'inherit'] });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`${script} of ${NAME}: exit status ${code}`);
}
