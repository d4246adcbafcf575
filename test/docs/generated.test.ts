import { expect, test } from 'vitest';
import { GENERATED } from '../../docs/generate/pages.ts';
import { read } from './pages.ts';

test.each(GENERATED)('$path is what `npm run docs:reference` writes', ({ path, text }) => {
  expect(read(path)).toBe(text());
});
