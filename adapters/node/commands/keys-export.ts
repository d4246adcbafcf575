import { createWriteStream } from 'node:fs';
import { unlink } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { wallTime } from '../../../src/clock.ts';
import { openDatabase } from '../../sql/open.ts';
import { type Counts, exportLines } from '../../sql/transfer.ts';
import { configuration } from '../wiring.ts';
import type { Invocation } from './specification.ts';
import { UsageError } from './usage-error.ts';

export async function run({ operands: [path = '-'] }: Invocation<'keys export'>): Promise<void> {
  const { databaseUrl } = configuration({ needsCloud: false, needsSecret: false });
  const database = await openDatabase(databaseUrl);
  let counts: Counts = {};
  async function* lines() {
    const rows = exportLines(database, wallTime());
    for (;;) {
      const next = await rows.next();
      if (next.done === true) {
        counts = next.value;
        return;
      }
      yield `${next.value}\n`;
    }
  }
  try {
    // Personal data: for the owner alone, and never in place of another file.
    const target = path === '-' ? process.stdout : createWriteStream(path, { flags: 'wx', mode: 0o600 });
    await pipeline(Readable.from(lines()), target, { end: path !== '-' }).catch(async (error) => {
      if (error.code === 'EEXIST') throw new UsageError(`${path} exists: name a new file`);
      if (path !== '-') await unlink(path).catch(() => {});
      throw error;
    });
  } finally {
    await database.close();
  }
  process.stderr.write(`exported ${countText(counts)}\n`);
}

export function countText(counts: Counts): string {
  return Object.entries(counts)
    .map(([table, count]) => `${table}: ${count}`)
    .join(', ');
}
