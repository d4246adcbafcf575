import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { deadlineIn, remainingMs } from '../../../src/clock.ts';
import { CallTrace } from '../../../src/compute/call-trace.ts';
import { silentLogger } from '../../../test/support/silent-logger.ts';
import { createSandbox } from '../../sandbox/index.ts';
import { fetchTransport } from '../http/fetch.ts';
import { openStackDriver } from '../index.ts';

const CALL = { region: '', requestId: 'req-1', log: silentLogger };
const IMAGE = {
  name: 'appliance',
  diskFormat: 'qcow2',
  containerFormat: 'bare',
  visibility: null,
  tags: [],
} as const;

/** A cloud whose Glance answers each upload with the next status, and has this checksum of its images. */
function cloudRefusing(statuses: readonly number[], checksum: string | null, deadline = deadlineIn(30_000)) {
  const { authUrl, accounts, fetch } = createSandbox();
  const left = [...statuses];
  const driver = openStackDriver({
    transport: fetchTransport(async (request) => {
      if (request.method === 'PUT') return new Response(null, { status: left.shift() ?? 204 });
      const response = await fetch(request);
      if (!/\/images\/[^/]+$/.test(request.url)) return response;
      return Response.json({ ...(await response.json()), checksum }, { status: response.status });
    }),
    authUrl,
    endpoints: { region: null, interface: 'public' },
    serviceAccount: null,
  });
  const [{ applicationCredentialId: id = '', applicationCredentialSecret: secret = '' } = {}] = accounts;
  const call = { ...CALL, deadline, trace: new CallTrace() };
  return driver.open({ kind: 'application_credential', id, secret }, call);
}

async function* gif() {
  yield new TextEncoder().encode('GIF89a');
}

test('data that Glance finds to be of another format than the image is invalid', async () => {
  const cloud = cloudRefusing([415], null);
  const { id } = await cloud.createImage(IMAGE);
  await expect(cloud.uploadImage(id, gif())).rejects.toMatchObject({
    code: 'invalid',
    message: 'The data is not of the disk_format of the image.',
  });
});

test.each([
  ['has data that it refused', '9e47b070902cdb2006a44c8194469515', 'conflict'],
  ['has none', null, 'bad_gateway'],
])('an upload that fails at Glance where the image %s: %s is %s', async (_, checksum, code) => {
  const cloud = cloudRefusing([500], checksum);
  const { id } = await cloud.createImage(IMAGE);
  await expect(cloud.uploadImage(id, gif())).rejects.toMatchObject({ code });
});

test('an upload that outlives the deadline of its request is a conflict too where the image has refused data', async () => {
  const deadline = deadlineIn(1_000);
  const cloud = cloudRefusing([500], '9e47b070902cdb2006a44c8194469515', deadline);
  const { id } = await cloud.createImage(IMAGE);
  async function* slow() {
    yield* gif();
    await sleep(remainingMs(deadline) + 10);
  }
  await expect(cloud.uploadImage(id, slow())).rejects.toMatchObject({ code: 'conflict' });
});
