import { expect, test } from 'vitest';
import { PAGES, read } from './pages.ts';

const DECISIONS = PAGES.filter(({ path }) => /^docs\/decisions\/\d/.test(path)).toSorted((a, b) =>
  a.path.localeCompare(b.path),
);

test.each(DECISIONS)(
  '$path has a number, and context, decision, alternatives, consequences',
  ({ path, text }) => {
    const number = Number(/\/(\d{4})-[a-z0-9-]+\.md$/.exec(path)?.[1]);
    expect(text.startsWith(`# ${number}. `)).toBe(true);
    const headings = [...text.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
    expect(headings).toEqual(['Context', 'Decision', 'Rejected alternatives', 'Consequences']);
  },
);

test('numbers have no gap, and the index lists every decision by its title', () => {
  const numbers = DECISIONS.map(({ path }) => Number(/\/(\d{4})-/.exec(path)?.[1]));
  expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  const listed = [...read('docs/decisions/README.md').matchAll(/^\| \[(.+)\]\((.+)\) \|$/gm)];
  const files = DECISIONS.map(({ path, text }) => [/^# (.+)$/m.exec(text)?.[1], path.replace(/^.*\//, '')]);
  expect(listed.map(([, title, file]) => [title, file])).toEqual(files);
});
