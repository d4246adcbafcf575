import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startChild } from '../harness/child.ts';
import type { RecordedResponse } from './recorded-response.ts';

const SERVER = new URL('bare-hono-server.ts', import.meta.url).pathname;

/** A process with a bare Hono handler that serves `recorded` at `path`. */
export async function bareHono(recorded: RecordedResponse, path: string) {
  const folder = mkdtempSync(join(tmpdir(), 'linguanova-hono-'));
  const file = join(folder, 'answer.json');
  writeFileSync(file, JSON.stringify(recorded));
  const child = await startChild(process.execPath, [SERVER, file, path], /listens on (\d+)/);
  return {
    url: `http://127.0.0.1:${child.announced[0]}`,
    pid: child.pid,
    async stop() {
      await child.end();
      rmSync(folder, { recursive: true });
    },
  };
}
