import { BLOCK_STORAGE_TYPES, FURTHER_SERVICES, typesOf } from '../../further-services.ts';
import { ALL_SERVICES, SERVICES, type ServedServices, type Service } from './services.ts';

const BY_NAME: ReadonlyMap<string, Service> = new Map([
  ...SERVICES.map((service) => [service, service] as const),
  ...BLOCK_STORAGE_TYPES.map((type) => [type, 'volume'] as const),
  ...FURTHER_SERVICES.flatMap((service) => typesOf(service).map((type) => [type, service] as const)),
]);

/** By its official type or an alias. */
export function serviceNamed(name: string): Service | undefined {
  return BY_NAME.get(name);
}

/** `*`: all. @returns null if one is no service. */
export function servicesNamed(names: readonly string[]): ServedServices | null {
  const services = names.map((name) => (name === '*' ? name : serviceNamed(name)));
  if (services.includes(undefined)) return null;
  if (services.includes('*')) return ALL_SERVICES;
  return new Set(services as readonly Service[]);
}
