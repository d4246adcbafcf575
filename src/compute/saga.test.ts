import { expect, test } from 'vitest';
import type { Logger } from '../telemetry/logger.ts';
import type { Cloud } from './cloud.ts';
import { undoable } from './saga.ts';

const recorded = () => {
  const errors: string[] = [];
  const log: Logger = {
    info: () => {},
    warn: () => {},
    error: (event, fields) => errors.push(`${event} ${fields?.what}`),
    with: () => log,
  };
  const detached = { detached: true };
  const cloud = { log, detached: () => detached as unknown as Cloud };
  return { cloud, errors, detached };
};

test('a failed step undoes the earlier ones in reverse order and rejects with its error', async () => {
  const undone: string[] = [];
  const cause = new Error('no host');
  const saga = undoable(recorded().cloud, async (undo) => {
    undo.push('port', async () => void undone.push('port'));
    undo.push('address', async () => void undone.push('address'));
    throw cause;
  });
  await expect(saga).rejects.toBe(cause);
  expect(undone).toEqual(['address', 'port']);
});

test('a failed undo is logged, and the others and the original error are unaffected', async () => {
  const undone: string[] = [];
  const { cloud, errors } = recorded();
  const saga = undoable(cloud, async (undo) => {
    undo.push('port', async () => void undone.push('port'));
    undo.push('address', () => Promise.reject(new Error('down')));
    throw new Error('no host');
  });
  await expect(saga).rejects.toThrow('no host');
  expect(undone).toEqual(['port']);
  expect(errors).toEqual(['cleanup_failed address']);
});

test('nothing is undone after success or commit', async () => {
  const undone: string[] = [];
  await undoable(recorded().cloud, async (undo) => undo.push('a', async () => void undone.push('a')));
  const saga = undoable(recorded().cloud, async (undo) => {
    undo.push('b', async () => void undone.push('b'));
    undo.commit();
    throw new Error('who knows');
  });
  await expect(saga).rejects.toThrow('who knows');
  expect(undone).toEqual([]);
});

test('undo has a deadline of its own', async () => {
  const { cloud, detached } = recorded();
  let given: unknown;
  const saga = undoable(cloud, async (undo) => {
    undo.push('port', async (other) => {
      given = other;
    });
    throw new Error('too late');
  });
  await expect(saga).rejects.toThrow('too late');
  expect(given).toBe(detached);
});

test('a step that is taken back is reversed once', async () => {
  const undone: string[] = [];
  const saga = undoable(recorded().cloud, async (undo) => {
    const takeBack = undo.push('port', async () => void undone.push('port'));
    undo.push('address', async () => void undone.push('address'));
    await takeBack();
    expect(undone).toEqual(['port']);
    throw new Error('no host');
  });
  await expect(saga).rejects.toThrow('no host');
  expect(undone).toEqual(['port', 'address']);
});
