import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { linkRewriter } from './links.ts';
import type { CloudSession } from './pass-through.ts';

const ROOTS: CloudSession['roots'] = [
  { url: 'http://127.0.0.1:9292/image', part: 'image' },
  { url: 'http://127.0.0.1:8774', part: 'compute' },
  { url: 'http://127.0.0.1:9696', part: 'network' },
  { url: 'https://Glance.example.org:443', part: 'image' },
  { url: 'http://127.0.0.1', part: 'identity' },
];
const PUBLIC = 'https://api.example.org/cloud';
const URLS = { identity: PUBLIC, services: PUBLIC };
const links = linkRewriter(ROOTS, URLS);

describe('a complete JSON text', () => {
  test.each([
    ['"http://127.0.0.1:8774/v2.1/servers/1"', '"https://api.example.org/cloud/compute/v2.1/servers/1"'],
    ['"http://127.0.0.1:8774"', '"https://api.example.org/cloud/compute"'],
    ['"http://127.0.0.1:8774?marker=1"', '"https://api.example.org/cloud/compute?marker=1"'],
    ['"http://127.0.0.1:9292/image/v2"', '"https://api.example.org/cloud/image/v2"'],
    ['"http://127.0.0.1/v3"', '"https://api.example.org/cloud/identity/v3"'],
    // Behind TLS that a proxy ends, with a default port, in another case.
    ['"https://127.0.0.1:8774/v2.1/servers/1"', '"https://api.example.org/cloud/compute/v2.1/servers/1"'],
    ['"https://127.0.0.1/v3"', '"https://api.example.org/cloud/identity/v3"'],
    ['"http://127.0.0.1:80/v3"', '"https://api.example.org/cloud/identity/v3"'],
    ['"https://127.0.0.1:443/v3"', '"https://api.example.org/cloud/identity/v3"'],
    ['"http://127.0.0.1:443/v3"', '"https://api.example.org/cloud/identity/v3"'],
    ['"https://glance.example.org/v2"', '"https://api.example.org/cloud/image/v2"'],
    ['"HTTP://Glance.EXAMPLE.org:80/v2"', '"https://api.example.org/cloud/image/v2"'],
    ['"https://127.0.0.1:9292/image/v2"', '"https://api.example.org/cloud/image/v2"'],
    ['"http://127.0.0.1:9292/IMAGE/v2"', '"http://127.0.0.1:9292/IMAGE/v2"'],
    ['"ftp://127.0.0.1:8774/v2.1"', '"ftp://127.0.0.1:8774/v2.1"'],
    ['"http://user@127.0.0.1:8774/v2.1"', '"http://user@127.0.0.1:8774/v2.1"'],
    ['"http://127.0.0.1:8774@evil.example/"', '"http://127.0.0.1:8774@evil.example/"'],
    // Others that merely begin alike.
    ['"http://127.0.0.1:87741/v2.1"', '"http://127.0.0.1:87741/v2.1"'],
    ['"http://127.0.0.11/v3"', '"http://127.0.0.11/v3"'],
    ['"http://127.0.0.1.example/v3"', '"http://127.0.0.1.example/v3"'],
    // What a customer wrote.
    ['"see http://127.0.0.1:8774/v2.1"', '"see http://127.0.0.1:8774/v2.1"'],
  ])('%s', (given, expected) => {
    expect(links.json(given)).toBe(expected);
  });

  test('an absolute address is rewritten, a relative one is not', () => {
    expect(links.address('http://127.0.0.1:9696/v2.0/ports')).toBe(`${PUBLIC}/networking/v2.0/ports`);
    expect(links.address('/v2/images?marker=1')).toBe('/v2/images?marker=1');
    expect(links.address('http://evil.example/http://127.0.0.1:9696')).toBe(
      'http://evil.example/http://127.0.0.1:9696',
    );
  });
});

describe('a streamed text', () => {
  const TEXT = `{"links": [{"href": "http://127.0.0.1:8774/v2.1/servers/é", "rel": "self"},
    {"href": "http://127.0.0.1:8774"}, {"name": "名前 http://127.0.0.1:8774/"}, "http://127.0.0.1:9292/image/v2",
    "http://127.0.0.1:87", "http://127.0.0.1:87749/x", "\\"", "http://127.0.0.1"]}`;

  async function inParts(bytes: Uint8Array, cuts: readonly number[]): Promise<string> {
    const edges = [0, ...[...cuts].sort((a, b) => a - b), bytes.length];
    const parts = edges.slice(1).map((end, index) => bytes.slice(edges[index], end));
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const part of parts) controller.enqueue(part);
        controller.close();
      },
    });
    return new Response(stream.pipeThrough(links.stream())).text();
  }

  test('is the same when split at any two positions', async () => {
    const bytes = new TextEncoder().encode(TEXT);
    const whole = links.json(TEXT);
    expect(whole).not.toBe(TEXT);
    for (let cut = 0; cut <= bytes.length; cut++) expect(await inParts(bytes, [cut])).toBe(whole);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(bytes.length), { maxLength: 30 }), async (cuts) => {
        expect(await inParts(bytes, cuts)).toBe(whole);
      }),
    );
  });

  test('is the same byte by byte', async () => {
    const bytes = new TextEncoder().encode(TEXT);
    const everywhere = Array.from(bytes, (_, index) => index);
    expect(await inParts(bytes, everywhere)).toBe(links.json(TEXT));
  });

  test('is the same for any text of address fragments, split anywhere', async () => {
    const pieces = [
      '"',
      'http://',
      '127.0.0.1',
      ':8774',
      ':9696',
      '/',
      'image',
      '\\',
      'é',
      '9',
      '"http://127.0.0.1:8774',
    ];
    const text = fc.array(fc.constantFrom(...pieces), { maxLength: 30 }).map((parts) => parts.join(''));
    await fc.assert(
      fc.asyncProperty(text, fc.array(fc.nat(200), { maxLength: 10 }), async (given, cuts) => {
        const bytes = new TextEncoder().encode(given);
        const within = cuts.filter((cut) => cut <= bytes.length);
        expect(await inParts(bytes, within)).toBe(links.json(given));
      }),
      { numRuns: 500 },
    );
  });

  test('buffers no more than an address', async () => {
    const transform = links.stream();
    const writer = transform.writable.getWriter();
    const reader = transform.readable.getReader();
    const text = `"${'x'.repeat(100_000)}`;
    writer.write(new TextEncoder().encode(text));
    const { value } = await reader.read();
    expect(value?.length).toBeGreaterThan(99_900);
    await Promise.all([writer.close(), reader.read()]);
  });
});

test.each([1, 2, 3, 7, 20, 1000])(
  'the prefix of key pairs is removed from chunks of %i bytes',
  async (size) => {
    const text = '{"key_name": "ln_p_laptop", "name": "see ln_p_x", "keypair": {"name": "ln_q_y"}} ln_p';
    const removed = { prefix: 'ln_p_', isAnywhere: false };
    const bytes = new TextEncoder().encode(text);
    const source = new ReadableStream<Uint8Array>({
      start(controller) {
        for (let from = 0; from < bytes.length; from += size)
          controller.enqueue(bytes.slice(from, from + size));
        controller.close();
      },
    });
    const stream = source.pipeThrough(linkRewriter(ROOTS, URLS, removed).stream());
    expect(await new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>).text()).toBe(
      text.replace('"ln_p_laptop"', '"laptop"'),
    );
    const refusal = linkRewriter(ROOTS, URLS, { ...removed, isAnywhere: true });
    expect(refusal.json('{"message": "Key pair \'ln_p_x\' exists"}')).toBe(
      '{"message": "Key pair \'x\' exists"}',
    );
  },
);

describe('marks of instances', () => {
  const MARK = 'linguanova request=0123456789abcdef';
  const rewriter = linkRewriter(ROOTS, URLS, { prefix: null, isAnywhere: false });
  const ROWS = [
    [`{"description": "${MARK}", "tags": []}`, '{"description": null, "tags": []}'],
    [`{"description":"${MARK}","tags":["${MARK}"]}`, '{"description":null,"tags":[]}'],
    [`{"tags": ["${MARK}"]}`, '{"tags": []}'],
    [`{"tags": ["${MARK}", "x:y"]}`, '{"tags": ["x:y"]}'],
    [`{"tags": ["a", "${MARK}"]}`, '{"tags": ["a"]}'],
    [`{"tags": ["a", "${MARK}", "b"]}`, '{"tags": ["a", "b"]}'],
    [`{"tags":["a","${MARK}","b"]}`, '{"tags":["a","b"]}'],
    [`{"tags": ["${MARK}", "${MARK}1", "a"]}`, '{"tags": ["a"]}'],
    [`[{"tags": ["a", "${MARK}"]}, {"tags": ["${MARK}"]}]`, '[{"tags": ["a"]}, {"tags": []}]'],
  ] as const;
  // What a customer wrote.
  const OTHERS = [
    `{"metadata": {"a": "b", "${MARK}": "c"}, "name": "${MARK}"}`,
    `{"metadata": {"a": "${MARK}"}, "tags": ["see ${MARK}"]}`,
    JSON.stringify({ output: `["${MARK}"], "description": "${MARK}"` }),
  ].map((text) => [text, text] as const);

  test.each([...ROWS, ...OTHERS])('%s whole and split at any position', async (text, expected) => {
    expect(rewriter.json(text)).toBe(expected);
    const bytes = new TextEncoder().encode(text);
    for (let cut = 0; cut <= bytes.length; cut++) {
      const source = new Blob([bytes.slice(0, cut)]).stream();
      const both = new ReadableStream<Uint8Array>({
        async start(controller) {
          for await (const part of source) controller.enqueue(part);
          controller.enqueue(bytes.slice(cut));
          controller.close();
        },
      });
      const stream = both.pipeThrough(rewriter.stream()) as ReadableStream<Uint8Array<ArrayBuffer>>;
      expect(await new Response(stream).text()).toBe(expected);
    }
  });

  test('remain in responses of other services', () => {
    const text = `{"description": "${MARK}", "tags": ["${MARK}"]}`;
    expect(links.json(text)).toBe(text);
  });
});
