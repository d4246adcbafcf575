import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const CHART = join(import.meta.dirname, '../../deploy/helm/linguanova');

/** Of what golden.yaml is rendered from: templates and values. A new version of the chart alone changes labels only. */
export function chartDigest(): string {
  const files = [
    ...readdirSync(join(CHART, 'templates'))
      .toSorted()
      .map((name) => join(CHART, 'templates', name)),
    join(CHART, 'values.yaml'),
    join(import.meta.dirname, 'helm/values.yaml'),
  ];
  const hash = createHash('sha256');
  for (const file of files) hash.update(readFileSync(file));
  return `rendered from sha256:${hash.digest('hex')}`;
}

if (import.meta.main) console.log(chartDigest());
