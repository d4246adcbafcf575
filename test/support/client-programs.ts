import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keyIdOf } from './nova-client.ts';

const CLIENTS = new URL('../openstack/clients/', import.meta.url).pathname;

/** A program of `test/openstack/clients` and what it needs to run. */
export interface ClientProgram {
  readonly program: string;
  readonly args: readonly string[];
  /** Succeeds where the client is installed. */
  readonly probe: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

const GO = { GO111MODULE: 'off', GOPATH: '/usr/share/gocode' };
const ALL: readonly (readonly [name: string, program: ClientProgram])[] = [
  [
    'libcloud',
    {
      program: '/usr/bin/python3',
      args: ['libcloud_server.py'],
      probe: ['-c', 'import libcloud'],
      env: {},
    },
  ],
  [
    'fog-openstack',
    {
      program: '/usr/bin/ruby',
      args: ['fog_server.rb'],
      probe: ['-e', 'require "fog/openstack"'],
      env: {},
    },
  ],
  [
    'gophercloud',
    {
      program: 'go',
      args: ['run', 'gophercloud_server.go'],
      probe: ['list', 'github.com/gophercloud/gophercloud'],
      env: GO,
    },
  ],
];

/** Those that are installed. */
export const CLIENT_PROGRAMS = ALL.filter(([name, { program, probe, env }]) => {
  const there = spawnSync(program, probe, { env: { ...process.env, ...env } }).status === 0;
  if (!there) console.warn(`not tested with ${name}: it is not installed (.ci/run does it)`);
  return there;
});

/** The environment of a client program. */
export interface ClientGiven {
  /** Of the gateway. */
  readonly url: string;
  readonly key: string;
  readonly project: string;
  /** Its id. */
  readonly network: string;
  readonly image: string;
  readonly imageId: string;
  /** Of the server that it makes. */
  readonly name: string;
}

/** Runs a client to its end; what it has printed. */
export async function runClient({ program, args, env }: ClientProgram, given: ClientGiven): Promise<unknown> {
  const folder = mkdtempSync(join(tmpdir(), 'linguanova-client-'));
  const child = spawn(program, args, {
    cwd: CLIENTS,
    env: {
      PATH: process.env.PATH ?? '',
      HOME: folder,
      GATEWAY: given.url,
      KEY: given.key,
      KEY_ID: keyIdOf(given.key),
      PROJECT: given.project,
      NETWORK: given.network,
      IMAGE: given.image,
      IMAGE_ID: given.imageId,
      NAME: given.name,
      ...env,
    },
  });
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    out += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    err += chunk;
  });
  const [code] = await once(child, 'close');
  rmSync(folder, { recursive: true });
  if (code !== 0) throw new Error(`${program} ${args.join(' ')}: ${code}\n${err}`);
  return JSON.parse(out);
}
