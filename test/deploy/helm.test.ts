/** Helm needs a newer Go than CI's; `test/deploy/helm/render` lints the chart, renders golden.yaml and validates it. */

import { afterAll, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { readConfig } from '../../src/config/config.ts';
import { Environment } from '../../src/config/environment.ts';
import { prefixOf } from '../../src/dialects/nova/services.ts';
import { regionPath } from '../../src/http/region-path.ts';
import { VERSION } from '../../src/version.ts';
import { fenced, read, section } from '../docs/pages.ts';
import { sandboxGateway } from '../wire/sandbox-gateway.ts';
import { chartDigest } from './chart-digest.ts';

const GOLDEN = read('test/deploy/helm/golden.yaml');
const manifests = parseAllDocuments(GOLDEN).map((document) => document.toJS());
const isHook = ({ metadata }: { metadata: { annotations?: object } }) =>
  'helm.sh/hook' in (metadata.annotations ?? {});
const hooks = new Map(manifests.filter(isHook).map((manifest) => [manifest.kind, manifest]));
const byKind = new Map(
  manifests
    .filter((manifest) => !isHook(manifest) || manifest.kind === 'Job')
    .map((manifest) => [manifest.kind, manifest]),
);

const gateway = await sandboxGateway({ adminTokens: [{ name: null, token: 'admin-token-of-the-tests' }] });
afterAll(() => gateway.stop());

test('golden.yaml is rendered from this chart; run test/deploy/helm/render', () => {
  expect(GOLDEN.split('\n')[0]).toBe(`# ${chartDigest()}`);
  expect([...byKind.keys()].toSorted()).toEqual([
    'ConfigMap',
    'Deployment',
    'HorizontalPodAutoscaler',
    'Ingress',
    'Job',
    'PodDisruptionBudget',
    'Secret',
    'Service',
  ]);
});

test('the chart is of this version', () => {
  const { version, appVersion } = parse(read('deploy/helm/linguanova/Chart.yaml'));
  expect({ version, appVersion }).toEqual({ version: VERSION, appVersion: VERSION });
});

test('the variables of ConfigMap and Secret are a configuration that starts', () => {
  const given = { ...byKind.get('ConfigMap').data, ...byKind.get('Secret').stringData };
  expect(Object.keys(Environment.shape)).toEqual(expect.arrayContaining(Object.keys(given)));
  expect(readConfig(given, { readCertificates: () => '' }).port).toBe(8787);
});

test.each(['Deployment', 'Job'])('the pods of the %s run unprivileged and without service links', (kind) => {
  const { spec } = byKind.get(kind).spec.template;
  expect(spec).toMatchObject({
    enableServiceLinks: false,
    automountServiceAccountToken: false,
    securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } },
  });
  const [container] = spec.containers;
  expect(container.securityContext).toEqual({
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  });
  const sources = kind === 'Job' ? hooks : byKind;
  expect(container.envFrom).toEqual([
    { configMapRef: { name: sources.get('ConfigMap').metadata.name } },
    { secretRef: { name: sources.get('Secret').metadata.name } },
  ]);
  expect(read('Dockerfile')).toContain(`VOLUME ${container.volumeMounts[0].mountPath}`);
});

test('the job migrates with the new variables, which exist before it and replace nothing of the release', () => {
  expect(byKind.get('Job').spec.template.spec.containers[0].args).toEqual(['migrate']);
  const weight = (kind: string) => Number(hooks.get(kind).metadata.annotations['helm.sh/hook-weight'] ?? 0);
  for (const [kind, data] of [
    ['ConfigMap', 'data'],
    ['Secret', 'stringData'],
  ] as const) {
    expect(hooks.get(kind)[data]).toEqual(byKind.get(kind)[data]);
    expect(hooks.get(kind).metadata.name).not.toBe(byKind.get(kind).metadata.name);
    expect(weight(kind)).toBeLessThan(weight('Job'));
  }
  for (const { metadata } of hooks.values()) {
    expect(metadata.annotations).toMatchObject({
      'helm.sh/hook': 'pre-install,pre-upgrade',
      'helm.sh/hook-delete-policy': 'before-hook-creation,hook-succeeded',
    });
  }
});

test("the chart's image is the one that a release pushes, labelled with its version and revision", () => {
  const { jobs } = parse(read('.github/workflows/release.yml'));
  const step = jobs.image.steps.find(({ id }: { id?: string }) => id === 'push').with;
  const { home, appVersion } = parse(read('deploy/helm/linguanova/Chart.yaml'));
  const filled = (text: string) =>
    text
      .replaceAll(/\$\{\{ github\.repository \}\}/g, new URL(home).pathname.slice(1))
      .replaceAll(/\$\{\{ steps\.base\.outputs\.version \}\}/g, appVersion);
  const { image } = parse(read('deploy/helm/linguanova/values.yaml'));
  expect(filled(step.tags).trim().split('\n')).toEqual([
    `${image.repository}:${appVersion}`,
    `${image.repository}:latest`,
  ]);
  expect(filled(step['build-args'])).toMatch(new RegExp(`^VERSION=${appVersion}\nREVISION=`, 'm'));
});

test('selectors agree: deployment, service, disruption budget; the job is none of theirs', () => {
  const { matchLabels } = byKind.get('Deployment').spec.selector;
  expect(byKind.get('Deployment').spec.template.metadata.labels).toMatchObject(matchLabels);
  expect(byKind.get('Service').spec.selector).toEqual(matchLabels);
  expect(byKind.get('PodDisruptionBudget').spec.selector.matchLabels).toEqual(matchLabels);
  expect(byKind.get('Job').spec.template.metadata.labels).not.toMatchObject(matchLabels);
  const { kind, name } = byKind.get('HorizontalPodAutoscaler').spec.scaleTargetRef;
  expect(byKind.get(kind).metadata.name).toBe(name);
});

test('a pod is killed after 75 seconds, and its probes are paths of the gateway', async () => {
  const { spec } = byKind.get('Deployment').spec.template;
  expect(spec.terminationGracePeriodSeconds).toBe(75);
  const [container] = spec.containers;
  for (const probe of ['startupProbe', 'livenessProbe', 'readinessProbe']) {
    const { path, port } = container[probe].httpGet;
    expect((await fetch(gateway.url + path)).status, probe).toBe(200);
    expect(container.ports).toContainEqual({ name: port, containerPort: 8787 });
  }
});

/** Of docs/services.md and docs/object-storage.md. */
const PROVEN_SERVICES = [
  'object-store',
  'orchestration',
  'key-manager',
  'load-balancer',
  'dns',
  'placement',
] as const;

test('the ingress reaches every route of the gateway but those for operators', () => {
  const { paths } = byKind.get('Ingress').spec.rules[0].http;
  const reached = (route: string) =>
    paths.some(({ path, pathType }: { path: string; pathType: string }) =>
      pathType === 'Exact' ? route === path : route === path || route.startsWith(`${path}/`),
    );
  const routes = gateway.routes
    .map(({ path }) => path)
    .filter((path) => path.startsWith('/') && path !== '/*')
    .concat(regionPath('RegionTwo'), PROVEN_SERVICES.map(prefixOf));
  const inside = routes.filter((route) => /^\/(admin|metrics|readyz|healthz)(\/|$)/.test(route));
  expect(new Set(inside.map((route) => route.split('/')[1]))).toEqual(
    new Set(['admin', 'metrics', 'readyz', 'healthz']),
  );
  expect(inside.filter(reached)).toEqual([]);
  expect(routes.filter((route) => !inside.includes(route) && !reached(route))).toEqual([]);
});

test('the example of docs/deployment.md sets values that the chart has, and known variables', () => {
  const [example = ''] = fenced(section(read('docs/deployment.md'), 'Kubernetes'), 'yaml');
  const { config, ...values } = parse(example);
  const known = parse(read('deploy/helm/linguanova/values.yaml'));
  for (const [name, given] of Object.entries<object>(values)) {
    expect(Object.keys(known[name]), name).toEqual(expect.arrayContaining(Object.keys(given)));
  }
  expect(Object.keys(Environment.shape)).toEqual(expect.arrayContaining(Object.keys(config)));
});
