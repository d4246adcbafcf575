/**
 * The files of deploy/proxies as they are, with the address, the certificate and the gateway of a test. nginx, Caddy and HAProxy
 * are Debian's; Traefik is the program that the variable `TRAEFIK` names, as `npm run test:traefik` sets it.
 *
 * @module
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { read } from '../docs/pages.ts';
import type { TestCertificate } from './certificate.ts';
import { debianProgram } from './debian-package.ts';
import { freePort } from './free-port.ts';
import { startNginx } from './nginx.ts';

export interface TlsProxy {
  readonly port: number;
  stop(): Promise<void>;
}

interface ProxyProgram {
  readonly program: string;
  readonly packages: readonly string[];
  /** The first one is the main configuration. */
  readonly files: readonly string[];
  /** The printed listening address, and the one of a test. */
  readonly listen: readonly [printed: string, test: (port: number) => string];
  /** Settings that keep it off the ports and folders of the machine. */
  readonly prelude?: string;
  readonly args: (file: string) => readonly string[];
}

const ADDRESS = '127.0.0.1';

const PROGRAMS = {
  nginx: {
    program: '/usr/sbin/nginx',
    packages: ['nginx-light'],
    files: ['nginx.conf'],
    listen: ['listen 443 ssl', (port) => `listen ${ADDRESS}:${port} ssl`],
    args: () => [],
  },
  caddy: {
    program: '/usr/bin/caddy',
    packages: ['caddy'],
    files: ['Caddyfile'],
    listen: ['\napi.example.org {', (port) => `\napi.example.org:${port} {`],
    prelude: `{\n\tadmin off\n\tauto_https disable_redirects\n\tdefault_bind ${ADDRESS}\n}\n`,
    args: (file) => ['run', '--adapter', 'caddyfile', '--config', file],
  },
  haproxy: {
    program: '/usr/sbin/haproxy',
    packages: ['haproxy'],
    files: ['haproxy.cfg'],
    listen: ['bind :443', (port) => `bind ${ADDRESS}:${port}`],
    args: (file) => ['-db', '-f', file],
  },
  traefik: {
    program: process.env.TRAEFIK ?? '',
    packages: [],
    files: ['traefik.yaml', 'traefik-routes.yaml'],
    listen: ['address: ":443"', (port) => `address: "${ADDRESS}:${port}"`],
    args: (file) => [`--configFile=${file}`],
  },
} satisfies Record<string, ProxyProgram>;

export type ProxyName = keyof typeof PROGRAMS;

/** Those that can be had on this machine; the reason for another is printed, and an error with `CI=true`. */
export async function availableProxies(): Promise<ProxyName[]> {
  const available: ProxyName[] = [];
  for (const [name, { program, packages }] of Object.entries<ProxyProgram>(PROGRAMS)) {
    if (program === '') continue;
    const found = await debianProgram(program, packages, `BEHIND ${name.toUpperCase()}`);
    if (found !== null) available.push(name as ProxyName);
  }
  return available;
}

/** @param gateway Host and port. */
export async function startTlsProxy(
  name: ProxyName,
  gateway: string,
  certificate: TestCertificate,
): Promise<TlsProxy> {
  const { program, files, listen, prelude = '', args }: ProxyProgram = PROGRAMS[name];
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), `linguanova-${name}-`));
  const replaced = [
    [listen[0], listen[1](port)],
    ['127.0.0.1:8787', gateway],
    ['/etc/ssl/api.example.org.pem', certificate.certificate],
    ['/etc/ssl/api.example.org.key', certificate.key],
    ['/etc/haproxy/api.example.org.pem', certificate.both],
    ['/etc/traefik', folder],
  ] as const;
  const texts = files.map((file) =>
    replaced.reduce((text, [from, to]) => text.replaceAll(from, to), read(`deploy/proxies/${file}`)),
  );
  if (!texts.some((text) => text.includes(`:${port}`)) || !texts.some((text) => text.includes(gateway)))
    throw new Error(`the files of ${name} have other addresses than documented`);
  if (name === 'nginx') {
    const nginx = await startNginx(texts.join('\n'));
    if (nginx === null) throw new Error('nginx did not start');
    return { port, stop: () => nginx.stop() };
  }
  for (const [index, text] of texts.entries()) {
    writeFileSync(join(folder, files[index] ?? ''), `${prelude}${text}`);
  }
  mkdirSync(join(folder, 'home'));
  const child = spawn(program, args(join(folder, files[0] ?? '')), {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { HOME: join(folder, 'home') },
  });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log = (log + text).slice(-10_000);
  });
  const exit = once(child, 'exit');
  while (!(await accepts(port))) {
    if (child.exitCode !== null) throw new Error(`${name} did not start: ${log}`);
    await setTimeout(20);
  }
  return {
    port,
    async stop() {
      // Without waiting for open connections.
      child.kill('SIGKILL');
      await exit;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, ADDRESS);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
