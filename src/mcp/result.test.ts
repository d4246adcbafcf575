import { describe, expect, test } from 'vitest';
import { OPERATIONS } from './operations.ts';
import { MAX_RESULT_CHARACTERS, resultOf } from './result.ts';

const on = (verb: string, kind: string) =>
  OPERATIONS.find((operation) => operation.verb === verb && operation.kind === kind) ?? null;
const json = (value: unknown, headers = {}, status = 200) =>
  new Response(JSON.stringify(value), { status, headers });

describe('resultOf', () => {
  test('characters that no reader sees are written as escapes, in the text and in the value', async () => {
    const hidden = 'a\u202eb\u200bc\u{e0041}d\u001b[2Je\n\tf';
    const { content, structuredContent } = await resultOf(json({ name: hidden }), on('show', 'instances'));
    const name = 'a\\u{202e}b\\u{200b}c\\u{e0041}d\\u{1b}[2Je\n\tf';
    expect(structuredContent).toEqual({ name });
    expect(JSON.parse(content[0]?.text ?? '')).toEqual({ name });
  });

  test.each([
    ['variation selectors', '\ufe00\ufe0f\u{e0100}\u{e01ef}\u180b'],
    ['fillers', '\u115f\u1160\u3164\uffa0'],
    ['the grapheme joiner', '\u034f'],
    ['unassigned ignorable characters', '\u{e0fff}\u2065'],
    ['separators of lines and paragraphs', '\u2028\u2029'],
  ])('%s are written as escapes, in the names of members and in errors too', async (_, hidden) => {
    const escaped = Array.from(hidden, (one) => `\\u{${one.codePointAt(0)?.toString(16)}}`).join('');
    const given = { metadata: { [`k${hidden}`]: `a${hidden}`, list: [{ [hidden]: null }] } };
    const expected = { metadata: { [`k${escaped}`]: `a${escaped}`, list: [{ [escaped]: null }] } };
    const { structuredContent } = await resultOf(json(given), on('show', 'instances'));
    expect(structuredContent).toEqual(expected);
    const { content } = await resultOf(json(given, {}, 400), null);
    expect(JSON.parse(content[0]?.text ?? '')).toMatchObject(expected);
  });

  test('text in other scripts, and emoji, stay as they are', async () => {
    const name = 'ветка — 東京 😀';
    const { structuredContent } = await resultOf(json({ name }), on('show', 'instances'));
    expect(structuredContent).toEqual({ name });
  });

  test('a bare array becomes a page that continues after its last item', async () => {
    const items = [{ id: 'a' }, { id: 'b' }];
    const list = on('list', 'instances');
    const more = await resultOf(json(items, { Link: '</v1/instances?marker=b>; rel="next"' }), list);
    expect(more.structuredContent).toEqual({ items, next_cursor: 'b' });
    const last = await resultOf(json(items), list);
    expect(last.structuredContent).toEqual({ items, next_cursor: null });
  });

  test('an error has its status, the time to wait and the id of the request', async () => {
    const headers = { 'Retry-After': '7', 'X-Request-Id': 'req-1' };
    const error = { code: 'overLimit', message: 'Too many requests.' };
    const { isError, content, structuredContent } = await resultOf(json({ error }, headers, 429), null);
    expect([isError, structuredContent]).toEqual([true, undefined]);
    const expected = { error, status: 429, retry_after: 7, request_id: 'req-1' };
    expect(JSON.parse(content[0]?.text ?? '')).toEqual(expected);
  });

  test('no content is done', async () => {
    const response = new Response(null, { status: 204 });
    const { structuredContent } = await resultOf(response, on('delete', 'instances'));
    expect(structuredContent).toEqual({ done: true });
  });

  test('a long result is cut, and an error that asks for less', async () => {
    const output = 'x'.repeat(2 * MAX_RESULT_CHARACTERS);
    const { isError, content, structuredContent } = await resultOf(
      json({ output }),
      on('show', 'instance_console_log'),
    );
    expect([isError, structuredContent]).toEqual([true, undefined]);
    expect(content[0]?.text).toMatch(/^The result is longer than 65536 characters: use filters/);
    expect(content[0]?.text.length).toBeLessThan(MAX_RESULT_CHARACTERS + 300);
  });
});
