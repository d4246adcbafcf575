import { beforeAll, describe, expect, test } from 'vitest';
import type { ReduClient } from '../support/redu-client.ts';
import { IMAGE, type Target } from './target.ts';

export function securityGroupConformance(target: () => Target): void {
  describe('security groups', () => {
    let acme: ReduClient;
    beforeAll(async () => {
      acme = await target().acme.client();
    });

    test('create a group, add and remove rules, delete it', async () => {
      const created = await acme.post('/v1/security_groups', { name: 'conf-web', description: 'web' });
      expect(created.status).toBe(201);
      const { id } = created.body;
      expect(created.body).toMatchObject({ name: 'conf-web', description: 'web' });
      expect(created.body.rules.every(({ direction }: { direction: string }) => direction === 'egress')).toBe(
        true,
      );

      const families = created.body.rules.map(({ ethertype }: { ethertype: string }) => ethertype);
      expect(families.toSorted()).toEqual(['IPv4', 'IPv6']);

      const rule = await acme.post(`/v1/security_groups/${id}/rules`, {
        direction: 'ingress',
        protocol: 'tcp',
        port: '8000-8080',
        cidr: '198.51.100.0/24',
      });
      expect(rule.status).toBe(201);
      expect(rule.body).toEqual({
        id: expect.any(String),
        direction: 'ingress',
        ethertype: 'IPv4',
        protocol: 'tcp',
        port: '8000-8080',
        cidr: '198.51.100.0/24',
        description: '',
      });
      const same = await acme.post(`/v1/security_groups/${id}/rules`, {
        protocol: 'tcp',
        port: '8000-8080',
        cidr: '198.51.100.0/24',
      });
      expect([same.status, same.body.error.code]).toEqual([409, 'conflictingRequest']);
      expect((await acme.get(`/v1/security_groups/${id}`)).body.rules).toContainEqual(rule.body);

      const inAnother = (await acme.get('/v1/security_groups')).body.items.find(
        ({ name }: { name: string }) => name === 'default',
      );
      const wrongGroup = await acme.delete(`/v1/security_groups/${inAnother.id}/rules/${rule.body.id}`);
      expect(wrongGroup.status).toBe(404);
      expect((await acme.delete(`/v1/security_groups/${id}/rules/${rule.body.id}`)).status).toBe(204);
      expect((await acme.delete(`/v1/security_groups/${id}`)).status).toBe(204);
      expect((await acme.get(`/v1/security_groups/${id}`)).status).toBe(404);
    });

    test('the default group cannot be deleted', async () => {
      const { items } = (await acme.get('/v1/security_groups')).body;
      const { id } = items.find(({ name }: { name: string }) => name === 'default');
      const { status, body } = await acme.delete(`/v1/security_groups/${id}`);
      expect([status, body.error.code]).toEqual([409, 'conflictingRequest']);
    });

    test('an instance has the named groups, and port 22 in one of them counts as SSH', async () => {
      const { id } = (await acme.post('/v1/security_groups', { name: 'conf-office' })).body;
      await acme.post(`/v1/security_groups/${id}/rules`, {
        protocol: 'tcp',
        port: 22,
        cidr: '198.51.100.0/24',
      });
      const instance = await acme.boot({
        name: 'conf-grouped',
        flavor_id: 'm1.tiny',
        image_id: IMAGE,
        security_group_names: ['conf-office'],
      });
      expect(instance.security_group_names).toEqual(['conf-office']);
      expect(instance.metadata.enableSSH).toBe('true');
      const inUse = await acme.delete(`/v1/security_groups/${id}`);
      expect([inUse.status, inUse.body.error.code]).toEqual([409, 'conflictingRequest']);
      await acme.remove(instance.id);
      expect((await acme.delete(`/v1/security_groups/${id}`)).status).toBe(204);
    });
  });
}
