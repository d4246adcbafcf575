/**
 * `npm run release`: checks that this commit can be released, and writes what is released into `dist/`: both packages, tested as
 * installed, an SBOM of each, checksums and the notes. It publishes nothing and prints what does.
 */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { VERSION } from '../src/version.ts';
import { writeArtefacts } from './artefacts.ts';
import { DIST, ROOT } from './manifests.ts';
import { problemsOf, sectionOf } from './release-checks.ts';
import { run, write } from './steps.ts';

const read = (name: string) => (existsSync(join(ROOT, name)) ? readFileSync(join(ROOT, name), 'utf8') : '');
const changelog = read('CHANGELOG.md');
const problems = problemsOf({
  version: JSON.parse(read('package.json')).version,
  sourceVersion: VERSION,
  changelog,
  changes: run('git', 'status', '--porcelain'),
  head: run('git', 'rev-parse', 'HEAD').trim(),
  tagged: run(
    'git',
    'tag',
    '--list',
    `v${VERSION}`,
    '--format',
    '%(if)%(*objectname)%(then)%(*objectname)%(else)%(objectname)%(end)',
  ).trim(),
});
if (problems.length > 0) {
  console.error(problems.map((problem) => `release: ${problem}`).join('\n'));
  process.exit(1);
}

run('npm', 'run', '--silent', 'check');
// Builds both packages and uses them as strangers do.
run('vitest', 'run', '--project', 'suites', 'test/packages');
writeArtefacts();
write(join(DIST, 'RELEASE_NOTES.md'), sectionOf(changelog, VERSION));

console.log(`${read('dist/SHA256SUMS')}
Now:
  git tag --sign v${VERSION} && git push origin v${VERSION}
  npm publish --provenance ./dist/linguanova-${VERSION}.tgz
  npm publish --provenance ./dist/linguanova-client-${VERSION}.tgz`);
