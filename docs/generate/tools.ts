import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type RecordedRun, recordedRuns, type Where } from '../../test/tools/record.ts';
import { NOTICE, table } from './markdown.ts';

const FOLDER = join(import.meta.dirname, '../tools');
const WAYS: readonly Where[] = ['directly', 'gateway', 'redu chain', 'sandbox'];

/** `docs/tools/README.md`: the pages of tools, and what `npm run test:tools` has recorded. */
export function tools(): string {
  return `${[
    NOTICE,
    '# Tools',
    'Programs that customers use already, each with an API key in the place of its credential.',
    pages().join('\n'),
    '## Tested',
    'What `npm run test:tools` found, with the real programs. *Directly*: at the OpenStack itself; *gateway*: the same through the\ngateway; *redu chain*: through a gateway whose cloud is the redu API of another one; *sandbox*: `npm start`.',
    table(['tool', 'version', 'what was run', ...WAYS, 'date'], rows()),
  ].join('\n\n')}\n`;
}

function pages(): string[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith('.md') && name !== 'README.md')
    .sort()
    .map((name) => {
      const [, title] = /^# (.+)$/m.exec(readFileSync(join(FOLDER, name), 'utf8')) ?? [];
      return `- [${title}](${name})`;
    });
}

function rows(): string[][] {
  const byRun = Map.groupBy(recordedRuns(), ({ tool, version, run }) => JSON.stringify([tool, version, run]));
  return [...byRun.values()].flatMap((found) => {
    const [first] = found;
    if (first === undefined) return [];
    const dates = found.map(({ date }) => date).sort();
    const cells = WAYS.map((way) => outcomes(found.filter(({ where }) => where === way)));
    return [[first.tool, first.version, first.run, ...cells, dates.at(-1) ?? '']];
  });
}

/** Releases with the same outcome are named together. */
function outcomes(runs: readonly RecordedRun[]): string {
  const byOutcome = Map.groupBy(runs, ({ outcome }) => outcome);
  return [...byOutcome]
    .map(([outcome, same]) => {
      const releases = same.flatMap(({ release }) => release ?? []);
      return releases.length === 0 ? outcome : `${outcome} (${releases.join(', ')})`;
    })
    .join('; ');
}
