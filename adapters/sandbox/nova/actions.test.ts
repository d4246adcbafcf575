import { describe, expect, it } from 'vitest';
import { asCustomer, bootServer, createTestSandbox } from '../../../test/support/sandbox-client.ts';

async function runningServer() {
  const { sandbox, acme, wait } = createTestSandbox();
  const send = await asCustomer(sandbox, acme);
  const id = await bootServer(send, sandbox, acme);
  wait(1000);
  const act = (action: unknown) => send('POST', `/compute/v2.1/servers/${id}/action`, action);
  const show = async () => (await send('GET', `/compute/v2.1/servers/${id}`)).body.server;
  const status = async () => {
    const server = await show();
    return `${server.status}/${server['OS-EXT-STS:task_state']}`;
  };
  return { send, act, show, status, wait, id };
}

describe('actions over time', () => {
  it.each([
    ['os-stop', [{ 'os-stop': null }], ['ACTIVE/powering-off', 'SHUTOFF/null']],
    ['os-start', [{ 'os-stop': null }, { 'os-start': null }], ['SHUTOFF/powering-on', 'ACTIVE/null']],
    ['reboot', [{ reboot: { type: 'SOFT' } }], ['REBOOT/rebooting', 'REBOOT/reboot_started', 'ACTIVE/null']],
    [
      'reboot hard',
      [{ reboot: { type: 'HARD' } }],
      ['HARD_REBOOT/rebooting_hard', 'HARD_REBOOT/reboot_started_hard', 'ACTIVE/null'],
    ],
    ['pause', [{ pause: null }], ['ACTIVE/pausing', 'PAUSED/null']],
    ['suspend', [{ suspend: null }], ['ACTIVE/suspending', 'SUSPENDED/null']],
    ['rescue', [{ rescue: null }], ['ACTIVE/rescuing', 'RESCUE/null']],
    [
      'shelve',
      [{ shelve: null }],
      [
        'ACTIVE/shelving',
        'ACTIVE/shelving_image_uploading',
        'SHELVED/shelving_offloading',
        'SHELVED_OFFLOADED/null',
      ],
    ],
    [
      'resize',
      [{ resize: { flavorRef: 'm1.small' } }],
      [
        'RESIZE/resize_prep',
        'RESIZE/resize_migrating',
        'RESIZE/resize_migrated',
        'RESIZE/resize_finish',
        'VERIFY_RESIZE/null',
      ],
    ],
    [
      'confirmResize',
      [{ resize: { flavorRef: 'm1.small' } }, { confirmResize: null }],
      ['VERIFY_RESIZE/null', 'ACTIVE/null'],
    ],
    [
      'revertResize',
      [{ resize: { flavorRef: 'm1.small' } }, { revertResize: null }],
      ['REVERT_RESIZE/resize_reverting', 'ACTIVE/null'],
    ],
    [
      'createImage',
      [{ createImage: { name: 'snapshot' } }],
      ['ACTIVE/image_snapshot', 'ACTIVE/image_snapshot_pending', 'ACTIVE/image_uploading', 'ACTIVE/null'],
    ],
  ])('%s', async (_name, actions, expected) => {
    const { act, status, wait } = await runningServer();
    for (const [index, action] of actions.entries()) {
      expect((await act(action)).status).toBeLessThan(300);
      if (index < actions.length - 1) wait(2000);
    }
    const seen = [await status()];
    for (let step = 0; step < 20; step++) {
      wait(50);
      const next = await status();
      if (next !== seen.at(-1)) seen.push(next);
    }
    expect(seen).toEqual(expected);
  });

  it('refuse a second action while the first is under way', async () => {
    const { act, id } = await runningServer();
    await act({ 'os-stop': null });
    const { status, body } = await act({ 'os-stop': null });
    expect(status).toBe(409);
    expect(body.conflictingRequest.message).toBe(
      `Cannot 'stop' instance ${id} while it is in task_state powering-off`,
    );
  });

  it('stop at a lock, deletion too', async () => {
    const { act, send, id } = await runningServer();
    await act({ lock: { locked_reason: 'mine' } });
    expect((await act({ 'os-stop': null })).body.conflictingRequest.message).toBe(`Instance ${id} is locked`);
    expect((await send('DELETE', `/compute/v2.1/servers/${id}`)).status).toBe(409);
    await act({ unlock: null });
    expect((await send('DELETE', `/compute/v2.1/servers/${id}`)).status).toBe(204);
  });

  it('make a snapshot that belongs to the project and can be booted from', async () => {
    const { act, send, wait } = await runningServer();
    const { image_id } = (await act({ createImage: { name: 'mine', metadata: { a: 'b' } } })).body;
    const image = async () => (await send('GET', `/image/v2/images/${image_id}`)).body;
    expect(await image()).toMatchObject({ status: 'queued', size: null, visibility: 'private', a: 'b' });
    wait(2000);
    expect(await image()).toMatchObject({ status: 'active', name: 'mine', image_type: 'snapshot' });
  });

  it("make a snapshot that Nova's images delete, too; another project's image is 403", async () => {
    const { act, send } = await runningServer();
    const { image_id } = (await act({ createImage: { name: 'mine' } })).body;
    const remove = async (id: string, version = '2.35') => {
      const headers = { 'OpenStack-API-Version': `compute ${version}` };
      return (await send('DELETE', `/compute/v2.1/images/${id}`, undefined, headers)).status;
    };
    expect(await remove(image_id, '2.36')).toBe(404);
    expect(await remove(image_id)).toBe(204);
    expect(await remove(image_id)).toBe(404);
    const [{ id }] = (await send('GET', '/image/v2/images')).body.images;
    expect(await remove(id)).toBe(403);
  });
});

describe('updated', () => {
  it.each([
    ['PUT metadata', 'PUT', 'metadata', { metadata: { b: '2' } }, true],
    ['DELETE of a metadata item', 'DELETE', 'metadata/a', undefined, false],
    ['a tag', 'PUT', 'tags/x', undefined, false],
    ['lock', 'POST', 'action', { lock: null }, true],
    ['removeSecurityGroup', 'POST', 'action', { removeSecurityGroup: { name: 'default' } }, false],
  ])('by %s', async (_name, method, path, body, bumps) => {
    const { send, show, wait, id } = await runningServer();
    await send('PUT', `/compute/v2.1/servers/${id}/metadata`, { metadata: { a: '1' } });
    const { updated } = await show();
    wait(5000);
    expect((await send(method, `/compute/v2.1/servers/${id}/${path}`, body)).status).toBeLessThan(300);
    expect((await show()).updated !== updated).toBe(bumps);
  });
});
