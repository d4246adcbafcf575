import { expect, test } from 'vitest';
import type { RequestedAction } from '../../src/compute/requests.ts';
import { INSTANCE_STATUSES, stateOf } from '../../src/compute/states.ts';
import { NOVA_ERRORS } from '../../src/dialects/nova/errors.ts';
import { ROUTES } from '../../src/dialects/nova/translated/routes.ts';
import { requestedAction } from '../../src/dialects/nova/translated/server-actions.ts';
import { serverStates } from '../../src/dialects/nova/translated/server-view.ts';
import { REDU_ERRORS } from '../../src/dialects/redu/errors.ts';
import { instanceDetailSchema } from '../../src/dialects/redu/instance-schemas.ts';
import { code, read, rows, section } from './pages.ts';

const PAGE = read('docs/dialects.md');
const tableOf = (heading: string) => rows(section(PAGE, heading));

test('the table of states matches the code', () => {
  const expected = INSTANCE_STATUSES.map((status) => {
    const state = stateOf(status, null);
    const { vmState, taskState, powerState } = serverStates({ status, state, task: null });
    return [status, state, vmState, taskState ?? '', String(powerState)];
  });
  const documented = tableOf('States').map((cells) => [...cells.slice(0, 4).map(code), cells[4]]);
  expect(documented).toEqual(expected);
});

test('the table of errors matches the code', () => {
  const documented = tableOf('Errors').filter((cells) => cells.length === 3);
  const expected = (Object.keys(NOVA_ERRORS) as (keyof typeof NOVA_ERRORS)[]).map((name) => [
    `\`${name}\``,
    `${REDU_ERRORS[name].status} \`${REDU_ERRORS[name].code}\``,
    `${NOVA_ERRORS[name].status} \`${NOVA_ERRORS[name].kind}\``,
  ]);
  expect(documented).toEqual(expected);
});

test('the table of actions names what the dialect decodes', () => {
  const argument: Readonly<Record<string, unknown>> = {
    reboot: { type: 'SOFT' },
    resize: { flavorRef: 'x' },
    rebuild: { imageRef: 'a2f1d2c3-4455-4e11-8e33-9a7b0c6d1234' },
    changePassword: { adminPass: 'x' },
  };
  const documented = tableOf('Actions').map((cells) => [code(cells[0]), code(cells[1])] as const);
  const elsewhere = ['createImage', 'createBackup', 'forceDelete', 'addSecurityGroup', 'removeSecurityGroup'];
  const inNova = documented.filter(([, nova]) => !elsewhere.includes(nova));
  const decoded = inNova.map(([, nova]) => requestedAction(nova, argument[nova] ?? null).action);
  expect(decoded).toEqual(inNova.map(([redu]) => redu as RequestedAction['action']));
  expect(decoded).toHaveLength(18);
});

test('every field of a redu instance has its row', () => {
  const named = section(PAGE, 'Fields');
  const missing = Object.keys(instanceDetailSchema.shape).filter((field) => !named.includes(`\`${field}`));
  expect(missing).toEqual([]);
});

test('every served resource is named', () => {
  const served = rows(section(PAGE, 'What is served')).map(([, paths = '']) => paths);
  const [compute = '', image = '', network = ''] = served;
  for (const [service, text] of [
    ['compute', compute],
    ['image', image],
    ['network', network],
  ] as const) {
    const resources = new Set(Object.keys(ROUTES[service]).map((route) => route.split(/[ /]/)[1] ?? ''));
    resources.delete('extensions');
    expect(
      [...resources].filter((resource) => !text.includes(`\`${resource}`)),
      service,
    ).toEqual([]);
  }
});
