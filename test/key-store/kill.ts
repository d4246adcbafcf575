import { expect } from 'vitest';
import { openKeyStore } from '../../adapters/sql/open.ts';
import { allKeys } from '../conformance/key-store/samples.ts';
import { startWriter } from './writer-process.ts';

const ROUNDS = 6;

/** Kills a process that writes, several times at random moments: what it has acknowledged is there, whole. */
export async function killDuringWrites(url: string): Promise<void> {
  const acknowledged: string[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const writer = startWriter(url, `r${round}`, Number.POSITIVE_INFINITY);
    await writer.acknowledged(1 + Math.floor(Math.random() * 200));
    writer.kill();
    const { ids, problem } = await writer.ended;
    expect(problem).toBe('');
    expect(ids.length).toBeGreaterThan(0);
    acknowledged.push(...ids);
  }
  await expectWhole(url, acknowledged);
}

/** Every acknowledged key is there, and each key that is there has its entry in the log. */
export async function expectWhole(url: string, acknowledged: readonly string[]): Promise<void> {
  const store = await openKeyStore(url);
  const ids = (await allKeys(store)).map(({ id }) => id);
  const log = await store.listAudit({ limit: 1_000_000, before: null });
  await store.close();
  const there = new Set(ids);
  expect(acknowledged.filter((id) => !there.has(id))).toEqual([]);
  expect(log.map(({ keyId }) => keyId).sort()).toEqual(ids.sort());
}
