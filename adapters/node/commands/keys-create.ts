import { issueKey } from '../../../src/access/issue-key.ts';
import { credentialOf, keyRequestOf, newKeySchema } from '../../../src/access/key-schemas.ts';
import { assertPlan } from '../../../src/access/update-key.ts';
import { decode } from '../../../src/http/decode.ts';
import { configOption } from './config-option.ts';
import { credentialArgument } from './credential-argument.ts';
import { identify } from './identify.ts';
import { print } from './output.ts';
import { rightsOf } from './rights.ts';
import { showIssuedKey } from './show-key.ts';
import type { Invocation } from './specification.ts';
import { UsageError } from './usage-error.ts';
import { ACTOR, withCloud } from './with-keys.ts';

export async function run({ values }: Invocation<'keys create'>): Promise<void> {
  if (values.config !== undefined && values.json === true)
    throw new UsageError('--config and --json exclude each other: both print the key');
  await withCloud({ opensKeys: true }, async (context) => {
    const body = decode(newKeySchema, {
      name: values.name,
      project_id: values['project-id'],
      ...credentialFields(values),
      ...rightsOf(values),
    });
    assertPlan(body.plan, context.plans);
    const credential = credentialOf(body);
    const request = keyRequestOf(body, credential, await identify(context, credential));
    const render =
      values.config === undefined
        ? null
        : await configOption(values.config, context, credential, request.regions);
    const issued = await issueKey(context.keys, context.secret, request, ACTOR);
    if (render !== null) print(render(issued));
    else showIssuedKey(issued, context.services, values.json);
  });
}

/** `--secret-file` has the secret of the application credential, or without one the key of a redu cloud. */
function credentialFields(values: Invocation<'keys create'>['values']) {
  const id = values['application-credential-id'];
  const file = values['secret-file'];
  const given = values['application-credential-secret'];
  if (id === undefined && given === undefined)
    return { redu_key: credentialArgument('redu-key', values['redu-key'], file) };
  const secret = credentialArgument('application-credential-secret', given, file);
  const reduKey = credentialArgument('redu-key', values['redu-key'], undefined);
  return { application_credential: { id, secret }, redu_key: reduKey };
}
