import { ComputeError, hasCode } from '../../../src/compute/errors.ts';

/** Cinder and Nova refuse what a volume's state does not allow with 400 and these texts. */
const STATE =
  /^Invalid (volume|snapshot):|^Cannot detach a root device volume|^Service is unavailable at this time/;

/** Passes the rejection of a call on, as `conflict` if a state does not allow it. */
export async function refusingStates<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!hasCode(error, 'invalid') || !STATE.test(error.message)) throw error;
    throw new ComputeError('conflict', plain(error.message), { cause: error.cause });
  }
}

/** Without the prefixes of each service that passed the text on, and without their request ids. */
function plain(message: string): string {
  return message
    .replace(/^(?:Invalid (?:volume|snapshot|input received): )+/, '')
    .replace(/ \(HTTP \d+\).*$/, '')
    .replace("'{'status': 'available'}'", 'available');
}
