import { expect, test } from 'vitest';
import { scriptedCloud } from '../../../test/support/mock-transport.ts';

const SERVER = '00000000-0000-4000-8000-000000000001';
const NETWORK = '00000000-0000-4000-8000-000000000002';

const attach = async (address: string | null) => {
  const cloud = scriptedCloud(({ url, method }) => {
    if (url.includes('/subnets')) {
      const subnets = ['10.0.0.0/24', '2001:db8::/64'].map((cidr) => ({ id: cidr, cidr }));
      return { status: 200, body: { subnets } };
    }
    return method === 'POST' && url.includes('/os-interface') ? { status: 500 } : undefined;
  });
  const attachment = { kind: 'network', networkId: NETWORK } as const;
  const error = await cloud
    .open()
    .attachNetwork(SERVER, { attachment, address })
    .catch((failure) => failure);
  return { error, attempts: cloud.requests.filter(({ url }) => url.includes('/os-interface')).length };
};

test.each(['192.0.2.7', '10.0.0.0', '10.0.0.255', '2001:db9::5', '::ffff:10.0.0.7'])(
  'the address %s is in no subnet: refused with their ranges, before Nova',
  async (address) => {
    const { error, attempts } = await attach(address);
    const message = expect.stringMatching(/^address: .*10\.0\.0\.0\/24, 2001:db8::\/64/);
    expect({ ...error, message: error.message, attempts }).toMatchObject({
      code: 'invalid',
      message,
      attempts: 0,
    });
  },
);

test.each([null, '10.0.0.7', '2001:db8::7'])(
  'a fault of Nova stays one with the address %s',
  async (address) => {
    const { error, attempts } = await attach(address);
    expect([error.code, attempts]).toEqual(['bad_gateway', 1]);
  },
);
