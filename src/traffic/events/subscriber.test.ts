import { expect, test } from 'vitest';
import { type CloseReason, EventStream } from './subscriber.ts';

const MIB = 1_048_576;
const bytes = (text: string) => new TextEncoder().encode(text);

function streamUnderTest() {
  const ends: CloseReason[] = [];
  const stream = new EventStream((reason) => ends.push(reason));
  return { stream, ends, reader: stream.body.getReader() };
}

const read = async ({ reader }: ReturnType<typeof streamUnderTest>) => {
  const { done, value } = await reader.read();
  return done ? null : new TextDecoder().decode(value);
};

test('delivers pushed bytes in order, to a pending read or a later one', async () => {
  const one = streamUnderTest();
  one.stream.push(bytes('a'));
  one.stream.push(bytes('b'));
  expect([await read(one), await read(one)]).toEqual(['a', 'b']);
  const pending = read(one);
  one.stream.push(bytes('c'));
  one.stream.push(bytes('d'));
  expect([await pending, await read(one)]).toEqual(['c', 'd']);
  expect(one.ends).toEqual([]);
});

test('sends the buffered bytes before it closes', async () => {
  const one = streamUnderTest();
  for (const text of ['a', 'b']) one.stream.push(bytes(text));
  one.stream.end('deleted');
  one.stream.push(bytes('late'));
  expect([await read(one), await read(one), await read(one)]).toEqual(['a', 'b', null]);
  expect(one.ends).toEqual(['deleted']);
});

test('closing ends a pending read', async () => {
  const one = streamUnderTest();
  const pending = read(one);
  one.stream.end('shutdown');
  expect(await pending).toBeNull();
});

test('disconnects a slow subscriber and frees its buffer', async () => {
  const one = streamUnderTest();
  const chunk = new Uint8Array(MIB);
  for (let n = 0; n < 3; n++) one.stream.push(chunk);
  expect(one.ends).toEqual(['slow_consumer']);
  expect(await read(one)).toBeNull();
});

test('never disconnects a subscriber that keeps reading', async () => {
  const one = streamUnderTest();
  const chunk = new Uint8Array(MIB);
  for (let n = 0; n < 10; n++) {
    one.stream.push(chunk);
    await one.reader.read();
  }
  expect(one.ends).toEqual([]);
});

test('reports a disconnect exactly once', async () => {
  const one = streamUnderTest();
  one.stream.push(bytes('a'));
  await one.reader.cancel();
  one.stream.push(bytes('b'));
  one.stream.end('key_revoked');
  expect(one.ends).toEqual(['client_closed']);
});
