import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { startChild } from '../harness/child.ts';
import { haveProgram } from '../harness/debian.ts';
import type { BenchRedis } from '../targets/redis.ts';
import type { RecordedResponse } from './recorded-response.ts';

const NGINX = '/usr/sbin/nginx';
const MODULE = '/usr/lib/nginx/modules/ngx_http_lua_module.so';
/** Debian's name for lua-resty-redis. */
const LIBRARY = '/usr/share/lua/5.1/nginx/redis.lua';
const PACKAGES = ['nginx', 'libnginx-mod-http-lua', 'lua-nginx-redis'];

/**
 * nginx with Lua that looks up the key, counts and gives the cached body, all in `redis`.
 *
 * @returns null, with the reason printed, where it cannot be had.
 */
export async function luaNginx(
  redis: BenchRedis,
  key: string,
  target: string,
  recorded: RecordedResponse,
  install: boolean,
) {
  for (const program of [NGINX, MODULE, LIBRARY]) {
    if (!(await haveProgram(program, PACKAGES, install))) return null;
  }
  const digest = createHmac('sha1', 'server secret').update(key).digest('base64');
  await redis.command('SET', `key:${digest}`, 'project');
  await redis.command('SET', `body:project:${target}`, recorded.body);
  const folder = mkdtempSync(join(tmpdir(), 'linguanova-nginx-'));
  // Started by root its worker runs as another user.
  chmodSync(folder, 0o755);
  const port = await freePort();
  const headers = Object.entries(recorded.headers).map(
    ([name, value]) => `headers[${JSON.stringify(name)}] = ${JSON.stringify(value)}`,
  );
  const fill = (name: string, values: Readonly<Record<string, string>>) =>
    readFileSync(new URL(name, import.meta.url), 'utf8').replaceAll(
      /\$\{(\w+)\}/g,
      (whole, variable) => values[variable] ?? whole,
    );
  writeFileSync(
    join(folder, 'nginx.conf'),
    fill('nginx.conf', { PORT: `${port}`, MODULES: dirname(MODULE), FOLDER: folder }),
  );
  writeFileSync(
    join(folder, 'serve.lua'),
    fill('nginx-serve.lua', { REDIS_PORT: `${redis.port}`, HEADERS: headers.join('\n') }),
  );
  const child = await startChild(
    'sh',
    ['-c', `echo starts; exec ${NGINX} -p "$0" -c nginx.conf`, folder],
    /starts/,
  );
  await listening(port);
  return {
    url: `http://127.0.0.1:${port}`,
    pid: child.pid,
    async stop() {
      await child.end();
      rmSync(folder, { recursive: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}

/** Resolves once something takes connections there. */
async function listening(port: number): Promise<void> {
  const until = Date.now() + 10_000;
  for (;;) {
    const isUp = await fetch(`http://127.0.0.1:${port}/`).then(
      () => true,
      () => false,
    );
    if (isUp) return;
    if (Date.now() > until) throw new Error('nginx does not listen');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
