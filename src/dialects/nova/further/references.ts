import { isFurtherService } from '../../../further-services.ts';
import type { CloudSession } from '../pass-through.ts';

/**
 * A JSON request with the gateway's addresses of further services in place of the cloud's, where a string begins with one: Barbican
 * takes only references that it could have given itself.
 */
export function withCloudReferences(
  text: string,
  { services }: Pick<CloudSession, 'services'>,
  publicUrl: string,
): string {
  const start = `"${publicUrl}/`;
  if (!text.includes(start)) return text;
  const [first = '', ...others] = text.split(start);
  const rewritten = others.map((rest) => {
    const [name = ''] = rest.split(/["/]/, 1);
    const root = isFurtherService(name) ? services.get(name)?.publicRoot : undefined;
    return root === undefined ? start + rest : `"${root}${rest.slice(name.length)}`;
  });
  return first + rewritten.join('');
}
