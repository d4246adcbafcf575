import { describe, expect, test } from 'vitest';
import { own } from './http.ts';

describe('tables that a client chooses from', () => {
  test.each(['constructor', 'toString', '__proto__', 'hasOwnProperty'])(
    'the inherited name %s is no entry',
    (name) => expect(own({ real: 1 }, name)).toBeUndefined(),
  );
  test('an own entry is found', () => expect(own({ real: 1 }, 'real')).toBe(1));
});
