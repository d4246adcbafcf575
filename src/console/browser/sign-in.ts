import type { Routes } from '../../client/index.ts';
import { h } from './dom.ts';
import { field, form, input, textOf } from './field.ts';
import { type SessionState, type SignIn, signIn } from './session.ts';

type SignInMethod = 'api_key' | 'cloud' | 'operator';

/** @param reason Why the last session ended; null: not shown. */
export function showSignIn(
  state: SessionState,
  reason: string | null,
  onSignIn: (state: SessionState) => void,
): HTMLElement {
  const methods: readonly (readonly [way: SignInMethod, label: string, isThere: boolean])[] = [
    ['api_key', 'API key', true],
    ['cloud', 'Cloud user', state.sign_in_methods.users],
    ['operator', 'Operator', state.sign_in_methods.operators],
  ];
  const place = h('div.card');
  const choose = (method: SignInMethod) => place.replaceChildren(formOf(method, onSignIn));
  const choices = methods
    .filter(([, , isThere]) => isThere)
    .map(([value, label], at) => {
      const onchange = () => choose(value);
      const radio = h('input', { type: 'radio', name: 'way', value, checked: at === 0, onchange });
      return h('label', radio, h('span', label));
    });
  choose('api_key');
  return h(
    'main.lone',
    { id: 'main' },
    h('div.brand', h('img', { src: 'console/icon.svg', alt: '', width: 40, height: 40 })),
    h('h1', { tabindex: '-1' }, 'Sign in'),
    reason === null ? null : h('p.note', { role: 'status' }, reason),
    choices.length > 1 && h('fieldset.segments', h('legend.unseen', 'Sign in with'), ...choices),
    place,
  );
}

function formOf(method: SignInMethod, onSignIn: (state: SessionState) => void): HTMLElement {
  const { bodyOf, fields } = FORMS[method];
  const onSubmit = async (data: FormData) => onSignIn(await signIn(bodyOf(data)));
  return form({ action: 'Sign in', onSubmit }, ...fields());
}

interface SignInForm {
  readonly bodyOf: (data: FormData) => SignIn;
  readonly fields: () => readonly HTMLElement[];
}

const secretField = (label: string, name: string, hint?: string, props = {}) =>
  field(label, input(name, { type: 'password', required: true, ...props }), hint);

const FORMS: Readonly<Record<SignInMethod, SignInForm>> = {
  api_key: {
    bodyOf: (data) => ({ api_key: (textOf(data, 'api_key') ?? '').trim() }),
    fields: () => {
      const hint = 'The console has the permissions of this key. Your key is stored in an HttpOnly cookie.';
      return [secretField('API key', 'api_key', hint, { placeholder: 'ln_…', spellcheck: 'false' })];
    },
  },
  cloud: {
    bodyOf: (data) => ({ credentials: credentialsIn(data) }),
    fields: () => [
      ...credentialFields(),
      h(
        'p.hint',
        'Creates a key for this session. It is revoked when you sign out, and expires after eight hours.',
      ),
    ],
  },
  operator: {
    bodyOf: (data) => ({ admin_token: (textOf(data, 'admin_token') ?? '').trim() }),
    fields: () => [secretField('Admin token', 'admin_token')],
  },
};

export function credentialFields({ username = '', project = '' } = {}): readonly HTMLElement[] {
  return [
    field('User', input('username', { required: true, autocomplete: 'username', value: username })),
    secretField('Password', 'password', undefined, { autocomplete: 'current-password' }),
    field('Project', input('project_name', { required: true, value: project }), 'Name or ID.'),
    h(
      'details',
      h('summary', 'Domains'),
      field('User domain', input('user_domain_name', { value: 'Default' })),
      field('Project domain', input('project_domain_name', { value: 'Default' })),
    ),
  ];
}

const PROJECT_ID = /^[0-9a-f]{32}$/;

export function credentialsIn(data: FormData): Routes['POST /v1/api_keys']['body']['credentials'] {
  const project = textOf(data, 'project_name') ?? '';
  return {
    username: textOf(data, 'username') ?? '',
    password: textOf(data, 'password') ?? '',
    user_domain_name: textOf(data, 'user_domain_name') ?? 'Default',
    project_domain_name: textOf(data, 'project_domain_name') ?? 'Default',
    ...(PROJECT_ID.test(project) ? { project_id: project } : { project_name: project }),
  };
}
