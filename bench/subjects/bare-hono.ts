import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startChild } from '../harness/child.ts';
import type { RecordedAnswer } from './recorded-answer.ts';

const SERVER = new URL('bare-hono-server.ts', import.meta.url).pathname;

/** A process with a bare Hono handler that gives `answer` at `path`. */
export async function bareHono(answer: RecordedAnswer, path: string) {
  const folder = mkdtempSync(join(tmpdir(), 'linguanova-hono-'));
  const file = join(folder, 'answer.json');
  writeFileSync(file, JSON.stringify(answer));
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
