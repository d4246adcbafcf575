import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const PROGRAM = new URL('../openstack/clients/openstack_commands.py', import.meta.url).pathname;

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** The `openstack` command line in a process of its own: each start of it costs seconds. */
export interface OpenStackCommands {
  /** Where commands find files. */
  readonly folder: string;
  /** @param command In words separated by one space, or as its words. */
  run(command: string | readonly string[]): Promise<Ran>;
  /** What a command prints that has to succeed. */
  print(command: string): Promise<string>;
  // biome-ignore lint/suspicious/noExplicitAny: whatever the client prints
  json(command: string): Promise<any>;
  /** The column `Name` of a list. */
  names(command: string): Promise<string[]>;
  close(): Promise<void>;
}

/**
 * @param authUrl Keystone's, or the gateway's, with `/v3`.
 * @param regions Those that commands may name; the first one is meant where a command names none.
 */
export function openStackCommands(
  authUrl: string,
  credential: { readonly id: string; readonly secret: string },
  regions: readonly string[] = ['RegionOne'],
): OpenStackCommands {
  const folder = mkdtempSync(join(tmpdir(), 'linguanova-commands-'));
  const cloud = {
    auth_type: 'v3applicationcredential',
    region_name: regions[0],
    regions,
    auth: {
      auth_url: authUrl,
      application_credential_id: credential.id,
      application_credential_secret: credential.secret,
    },
  };
  writeFileSync(join(folder, 'clouds.yaml'), JSON.stringify({ clouds: { tested: cloud } }));
  const client = spawn('/usr/bin/python3', [PROGRAM], {
    env: {
      PATH: '/usr/bin:/bin',
      HOME: folder,
      OS_CLIENT_CONFIG_FILE: join(folder, 'clouds.yaml'),
      OS_CLOUD: 'tested',
    },
    cwd: folder,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: client.stdout })[Symbol.asyncIterator]();

  const commands: OpenStackCommands = {
    folder,
    async run(command) {
      const words = typeof command === 'string' ? command.split(' ') : command;
      client.stdin.write(`${JSON.stringify(words)}\n`);
      const { value } = await lines.next();
      return JSON.parse(value ?? '{"code": 255, "out": "", "err": "the client has ended"}');
    },
    async print(command) {
      const { code, out, err } = await commands.run(command);
      if (code !== 0) throw new Error(`openstack ${command}: ${code}\n${err}`);
      return out;
    },
    json: async (command) => JSON.parse(await commands.print(`${command} -f json`)),
    names: async (command) => (await commands.json(command)).map(({ Name }: { Name: string }) => Name),
    async close() {
      client.stdin.end();
      if (client.exitCode === null) await once(client, 'close');
      rmSync(folder, { recursive: true });
    },
  };
  return commands;
}
