import { type FurtherService, isOfficialService, type OfficialService } from '../../../further-services.ts';

interface Refusal {
  readonly status: number;
  readonly kind: string;
  readonly title: string;
  readonly message: string;
}

type Envelope = (refusal: Refusal) => object;

/** Keystone's, in which the middleware of every service rejects a token. */
const COMMON: Envelope = ({ status, title, message }) => ({ error: { code: status, title, message } });

/** What clients of a service look for its messages in. */
const ENVELOPES: Partial<Record<OfficialService, Envelope>> = {
  'load-balancer': ({ title, message }) => ({
    faultcode: 'Client',
    faultstring: message,
    debuginfo: title,
  }),
  orchestration: ({ status, kind, title, message }) => ({
    code: status,
    title,
    explanation: message,
    error: { type: kind, message, traceback: null },
  }),
  'key-manager': ({ status, title, message }) => ({ code: status, title, description: message }),
  dns: ({ status, kind, message }) => ({ code: status, type: kind, message }),
  placement: ({ status, title, message }) => ({ errors: [{ status, title, detail: message }] }),
};

/** An error of the gateway in the format of the service at its path. */
export function furtherErrorBody(service: FurtherService, refusal: Refusal): object {
  const own = isOfficialService(service) ? ENVELOPES[service] : undefined;
  return (refusal.status === 401 || own === undefined ? COMMON : own)(refusal);
}
