import { beforeEach, expect, test, vi } from 'vitest';
import { ID, reduApp } from '../../../test/support/redu-app.ts';
import { actOnInstance } from '../../compute/instances.ts';

vi.mock('../../compute/instances.ts', () => ({ actOnInstance: vi.fn() }));

const PATH = `/v1/instances/${ID}/actions`;

beforeEach(() => {
  vi.resetAllMocks();
  vi.mocked(actOnInstance).mockResolvedValue({ adminPassword: null });
});

test.each([
  [{ action: 'start' }, { action: 'start' }],
  [{ action: 'confirm_resize' }, { action: 'confirm_resize' }],
  [{ action: 'reboot' }, { action: 'reboot', hard: false }],
  [
    { action: 'reboot', type: 'HARD' },
    { action: 'reboot', hard: true },
  ],
  [
    { action: 'resize', flavor_id: 'm1.large' },
    { action: 'resize', flavor: 'm1.large' },
  ],
  [
    { action: 'rebuild', image_id: 'debian' },
    { action: 'rebuild', image: 'debian' },
  ],
  [
    { action: 'resize', flavor_id: 'm1.large', auto_confirm: true },
    { action: 'resize', flavor: 'm1.large', autoConfirm: true },
  ],
  [{ action: 'rescue' }, { action: 'rescue', image: null }],
  [
    { action: 'rescue', image_id: 'debian' },
    { action: 'rescue', image: 'debian' },
  ],
  [
    { action: 'set_password', admin_password: 's3cret' },
    { action: 'set_password', adminPassword: 's3cret' },
  ],
])('%j', async (body, expected) => {
  const { status, json } = await reduApp().call('POST', PATH, body);
  expect([status, json]).toEqual([202, {}]);
  expect(vi.mocked(actOnInstance).mock.calls[0]?.slice(1, 3)).toEqual([ID, expected]);
});

test('shows the password the cloud set', async () => {
  vi.mocked(actOnInstance).mockResolvedValue({ adminPassword: 's3cret' });
  expect((await reduApp().call('POST', PATH, { action: 'rescue' })).json).toEqual({
    admin_password: 's3cret',
  });
});

test('a snapshot answers its image', async () => {
  const snapshot = vi.fn(async () => 'image-1');
  const body = { action: 'snapshot', name: 'before', metadata: { isPublic: 'as it was' } };
  const { status, json } = await reduApp({ snapshot }).call('POST', PATH, body);
  expect([status, json]).toEqual([202, { image_id: 'image-1' }]);
  expect(snapshot).toHaveBeenCalledWith(ID, 'before', { isPublic: 'as it was' });
});

test('a backup answers its image', async () => {
  const backup = vi.fn(async () => 'image-1');
  const body = { action: 'backup', name: 'before', type: 'daily', rotation: 7 };
  const { status, json } = await reduApp({ backup }).call('POST', PATH, body);
  expect([status, json]).toEqual([202, { image_id: 'image-1' }]);
  expect(backup).toHaveBeenCalledWith(
    ID,
    expect.objectContaining({ name: 'before', type: 'daily', rotation: 7 }),
  );
});

test.each([
  [{ action: 'explode' }, 'action: must be one of start, stop, pause'],
  [{}, 'action: must be one of start, stop, pause'],
  [{ action: 'start', force: true }, 'force: is unknown; allowed: action'],
  [{ action: 'reboot', type: 'warm' }, 'type: must be one of soft, hard'],
  [{ action: 'resize' }, 'flavor_id: is required'],
  [{ action: 'rebuild', image_id: '' }, 'image_id: must not be empty'],
  [{ action: 'snapshot' }, 'name: is required'],
  [{ action: 'snapshot', name: 'x', metadata: { a: 1 } }, 'metadata.a: must be text'],
])('refuses %j', async (body, problem) => {
  expect((await reduApp().problems('POST', PATH, body))[0]).toContain(problem);
});

test('an id that is none is 404, and reading scopes are not enough', async () => {
  expect((await reduApp().call('POST', '/v1/instances/x/actions', { action: 'stop' })).status).toBe(404);
  expect((await reduApp({}, ['instances:read']).call('POST', PATH, { action: 'stop' })).status).toBe(403);
});
