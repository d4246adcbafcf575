import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GENERATED } from './pages.ts';

for (const { path, text } of GENERATED) writeFileSync(join(import.meta.dirname, '../..', path), text());
