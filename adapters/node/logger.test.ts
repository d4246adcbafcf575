import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const run = promisify(execFile);
const LOGGER = new URL('logger.ts', import.meta.url).href;

/** What a process writes to standard error, line by line, that runs this with `log`. */
async function linesOf(program: string): Promise<Record<string, unknown>[]> {
  const source = `import { pinoLogger } from '${LOGGER}'; const log = pinoLogger('info'); ${program}`;
  const ended = run(process.execPath, ['--input-type=module', '--eval', source]);
  const { stderr } = await ended.catch((error: { stderr: string }) => error);
  return stderr
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));
}

test('a line carries its event, its fields and those of its log', async () => {
  const program =
    "log.with({ request_id: 'r', key: 'k' }).with({ key: 'l' }).info('request', { status: 200 });";
  const [line] = await linesOf(program);
  expect(line).toMatchObject({ level: 30, msg: 'request', request_id: 'r', key: 'l', status: 200 });
  expect(new Date(String(line?.time)).getFullYear()).toBeGreaterThan(2025);
});

test.each([
  ['ends by itself', ''],
  ['exits', 'process.exit(0);'],
  ['fails', "throw new Error('a defect');"],
])('no line is lost when the process %s', async (_, end) => {
  const lines = await linesOf(`for (let n = 0; n < 1000; n++) log.info('request', { n }); ${end}`);
  expect(lines.map(({ n }) => n)).toEqual(Array.from({ length: 1000 }, (_, n) => n));
});

test('a warning flushes the batch', async () => {
  const lines = await linesOf(
    "log.info('request'); log.warn('redis_disconnected'); process.kill(process.pid, 'SIGKILL');",
  );
  expect(lines.map(({ msg }) => msg)).toEqual(['request', 'redis_disconnected']);
});
