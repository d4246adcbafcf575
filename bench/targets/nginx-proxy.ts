import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startChild } from '../harness/child.ts';
import { haveProgram } from '../harness/debian.ts';

const NGINX = '/usr/sbin/nginx';

/**
 * nginx with one worker, `proxy_pass` and keep-alive upstream connections: forwarding a request, and nothing else.
 *
 * @param upstream `host:port`.
 * @returns null, with the reason printed, where it cannot be had.
 */
export async function proxyNginx(upstream: string, install: boolean) {
  if (!(await haveProgram(NGINX, ['nginx'], install))) return null;
  const folder = mkdtempSync(join(tmpdir(), 'linguanova-nginx-'));
  // Started by root its worker runs as another user.
  chmodSync(folder, 0o755);
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  server.close();
  await once(server, 'close');
  writeFileSync(join(folder, 'nginx.conf'), configuration(port ?? 0, upstream));
  const command = `echo starts; exec ${NGINX} -p "$0" -c nginx.conf`;
  const child = await startChild('sh', ['-c', command, folder], /starts/);
  const url = `http://127.0.0.1:${port}`;
  const until = Date.now() + 10_000;
  while (
    !(await fetch(url).then(
      () => true,
      () => false,
    ))
  ) {
    if (Date.now() > until) throw new Error('nginx does not listen');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return {
    url,
    pid: child.pid,
    async stop() {
      await child.end();
      rmSync(folder, { recursive: true });
    },
  };
}

function configuration(port: number, upstream: string): string {
  return `
worker_processes 1;
daemon off;
pid nginx.pid;
error_log error.log error;
events { worker_connections 1024; }
http {
  access_log access.log combined buffer=64k flush=1s;
  client_body_temp_path tmp-body;
  proxy_temp_path tmp-proxy;
  fastcgi_temp_path tmp-fastcgi;
  uwsgi_temp_path tmp-uwsgi;
  scgi_temp_path tmp-scgi;
  keepalive_requests 1000000000;
  upstream cloud { server ${upstream}; keepalive 64; keepalive_requests 1000000000; }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://cloud;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
    }
  }
}
`;
}
