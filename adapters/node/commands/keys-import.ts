import { type FileHandle, open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { secretsOf } from '../../../src/access/server-secret.ts';
import { ConfigError } from '../../../src/config/config-error.ts';
import { openDatabase } from '../../sql/open.ts';
import { importLines } from '../../sql/transfer.ts';
import { configuration, serverSecret } from '../wiring.ts';
import { countText } from './keys-export.ts';
import type { Invocation } from './specification.ts';
import { UsageError } from './usage-error.ts';

const OTHER_SECRET =
  'is not the secret that the keys in the file are sealed with: set that of the gateway they were exported from';

export async function run({ operands: [path = '-'] }: Invocation<'keys import'>): Promise<void> {
  const config = configuration({ needsCloud: false });
  const secrets = secretsOf(await serverSecret(config));
  const input = path === '-' ? process.stdin : (await opened(path)).createReadStream();
  const database = await openDatabase(config.databaseUrl);
  try {
    const counts = await importLines(database, linesOf(input), (check) => {
      if (!secrets.some((secret) => secret.check === check))
        throw new ConfigError('LINGUANOVA_SECRET', OTHER_SECRET);
    });
    process.stderr.write(`imported ${countText(counts)}\n`);
  } finally {
    await database.close();
  }
}

async function opened(path: string): Promise<FileHandle> {
  return open(path).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`FILE: ${path} cannot be read: ${error.code}`);
  });
}

async function* linesOf(input: Readable): AsyncGenerator<string, void, void> {
  let rest = '';
  for await (const chunk of input.setEncoding('utf8')) {
    const lines = `${rest}${chunk}`.split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  if (rest !== '') yield rest;
}
