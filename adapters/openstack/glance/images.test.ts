import { expect, test } from 'vitest';
import { deadlineIn } from '../../../src/clock.ts';
import { CallTrace } from '../../../src/compute/call-trace.ts';
import { silentLogger } from '../../../test/support/silent-logger.ts';
import { createSandbox } from '../../sandbox/index.ts';
import { fetchTransport } from '../http/fetch.ts';
import { openStackDriver } from '../index.ts';

test('data that Glance finds to be of another format than the image is invalid', async () => {
  const { authUrl, accounts, fetch } = createSandbox();
  const driver = openStackDriver({
    transport: fetchTransport(async (request) =>
      request.method === 'PUT' ? new Response('Unsupported Media Type', { status: 415 }) : fetch(request),
    ),
    authUrl,
    endpoints: { region: null, interface: 'public' },
    serviceAccount: null,
  });
  const [{ applicationCredentialId: id = '', applicationCredentialSecret: secret = '' } = {}] = accounts;
  const cloud = driver.open(
    { kind: 'application_credential', id, secret },
    {
      region: '',
      deadline: deadlineIn(30_000),
      requestId: 'req-1',
      trace: new CallTrace(),
      log: silentLogger,
    },
  );
  const image = await cloud.createImage({
    name: 'appliance',
    diskFormat: 'qcow2',
    containerFormat: 'bare',
    visibility: null,
    tags: [],
  });
  const data = async function* () {
    yield new TextEncoder().encode('GIF89a');
  };
  await expect(cloud.uploadImage(image.id, data())).rejects.toMatchObject({
    code: 'invalid',
    message: 'The data is not of the disk_format of the image.',
  });
});
