import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TempestAccount } from './accounts.ts';

/** What became of a test. */
export type Outcome = 'ok' | 'FAILED' | 'SKIPPED';

export interface SignIn {
  readonly userName: string;
  readonly password: string;
  readonly projectName: string;
}

export interface TempestRun {
  /** Of tempest's set-up: settings that do not depend on the target. */
  readonly settings: string;
  /** Keystone's, or the gateway's, with `/v3`. */
  readonly authUrl: string;
  /** The password each account signs in with, by which name, and what its project is called there. */
  readonly signIn: (account: TempestAccount) => SignIn;
  /** Settings that are different there: whole lines, each in place of the line of its name, or below its section. */
  readonly changed?: readonly { readonly section: string; readonly line: string }[];
  readonly accounts: readonly TempestAccount[];
  readonly concurrency: number;
  /** Of the tests to run. */
  readonly regex: string;
  /** The file with its output. */
  readonly log: string;
}

/**
 * Classes that want accounts of their own get those made beforehand, too: through the gateway a customer signs in with a key, not as a
 * user whom a test has just made with a password.
 */
const SITE_CUSTOMIZE = `
from tempest.common import credentials_factory
original = credentials_factory.get_credentials_provider
def with_given_accounts(*args, force_tenant_isolation=False, **named):
    return original(*args, force_tenant_isolation=False, **named)
credentials_factory.get_credentials_provider = with_given_accounts
`;

/** Runs tempest with accounts made beforehand, in a folder of its own. */
export async function runTempest(run: TempestRun): Promise<Map<string, Outcome>> {
  const folder = mkdtempSync(join(tmpdir(), 'tempest-'));
  mkdirSync(join(folder, 'etc'));
  mkdirSync(join(folder, 'lock'));
  const accounts = join(folder, 'etc/accounts.yaml');
  // YAML reads JSON.
  writeFileSync(accounts, JSON.stringify(run.accounts.map((account) => entryOf(account, run))));
  writeFileSync(join(folder, 'etc/tempest.conf'), configuration(run, accounts, join(folder, 'lock')));
  writeFileSync(join(folder, '.stestr.conf'), stestrConfiguration());
  writeFileSync(join(folder, 'sitecustomize.py'), SITE_CUSTOMIZE);
  const child = spawn(
    '/usr/bin/tempest',
    ['run', '--concurrency', String(run.concurrency), '--regex', run.regex],
    {
      cwd: folder,
      env: {
        PATH: '/usr/bin:/bin',
        HOME: folder,
        LANG: 'C.UTF-8',
        PYTHONPATH: folder,
        TEMPEST_CONFIG_DIR: join(folder, 'etc'),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      printed += chunk;
      if (stream === child.stdout) process.stdout.write(chunk.replace(/^(?!\{).*\n?/gm, ''));
    });
  }
  await once(child, 'close');
  writeFileSync(run.log, printed);
  rmSync(folder, { recursive: true });
  return outcomesIn(printed);
}

/** The part of tempest's output that names each test and what became of it. */
export function outcomesIn(printed: string): Map<string, Outcome> {
  const lines = printed.matchAll(/^\{\d+\} (tempest\S+|setUpClass \(\S+\)).*? \.\.\. (ok|FAILED|SKIPPED)/gm);
  return new Map([...lines].map(([, test = '', outcome]) => [test, outcome as Outcome]));
}

function entryOf(account: TempestAccount, run: TempestRun): object {
  const { userName, password, projectName } = run.signIn(account);
  return {
    username: userName,
    password,
    project_name: projectName,
    user_domain_name: 'Default',
    project_domain_name: 'Default',
    roles: ['member'],
    ...(account.isAdmin && { types: ['admin'] }),
    resources: { network: account.networkName },
  };
}

function configuration(
  { settings, authUrl, signIn, accounts, changed = [] }: TempestRun,
  file: string,
  lock: string,
): string {
  const admin = accounts.find(({ isAdmin }) => isAdmin);
  if (admin === undefined) throw new Error('tempest needs an administrator');
  const { userName, password, projectName } = signIn(admin);
  return changed
    .reduce(withSetting, readFileSync(settings, 'utf8'))
    .replace(
      /^use_dynamic_credentials = .*$/m,
      `use_dynamic_credentials = false\ntest_accounts_file = ${file}`,
    )
    .replace(/^create_isolated_networks = .*$/m, 'create_isolated_networks = false')
    .replace(/^admin_username = .*$/m, `admin_username = ${userName}`)
    .replace(/^admin_password = .*$/m, `admin_password = ${password}`)
    .replace(/^admin_project_name = .*$/m, `admin_project_name = ${projectName}`)
    .replace(/^uri_v3 = .*$/m, `uri_v3 = ${authUrl}`)
    .replace(/^lock_path = .*$/m, `lock_path = ${lock}`)
    .replace(/^log_dir = .*$/m, `log_dir = ${lock}`);
}

function withSetting(settings: string, { section, line }: { section: string; line: string }): string {
  const [name = ''] = line.split(' = ');
  const cleared = settings.replace(new RegExp(`^${name} = .*\\n`, 'm'), '');
  return cleared.replace(`[${section}]\n`, `[${section}]\n${line}\n`);
}

function stestrConfiguration(): string {
  const packages = '/usr/lib/python3/dist-packages/tempest';
  return `[DEFAULT]\ntest_path=${packages}/test_discover\ntop_dir=${packages}\ngroup_regex=([^\\.]*\\.)*\n`;
}
