import type { Routes } from '../../client/index.ts';
import { h, nodes } from './dom.ts';
import { field, form, input, textOf } from './field.ts';
import { type SessionState, signIn } from './session.ts';

type SignInMethod = 'api_key' | 'cloud' | 'operator';

/**
 * @param reason Why the last session ended; null: not shown.
 */
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
  const place = h('div', { class: 'card' });
  const choices = methods
    .filter(([, , isThere]) => isThere)
    .map(([method, label], at) =>
      h(
        'label',
        {},
        h('input', {
          type: 'radio',
          name: 'way',
          value: method,
          checked: at === 0,
          onchange: () => choose(method),
        }),
        h('span', {}, label),
      ),
    );
  const choose = (method: SignInMethod) => place.replaceChildren(...nodes([FORMS[method](onSignIn)]));
  choose('api_key');
  return h(
    'main',
    { class: 'lone', id: 'main' },
    h('div', { class: 'brand' }, h('img', { src: 'console/icon.svg', alt: '', width: 40, height: 40 })),
    h('h1', { tabindex: '-1' }, 'Sign in'),
    reason === null ? null : h('p', { class: 'note', role: 'status' }, reason),
    choices.length > 1 &&
      h('fieldset', { class: 'segments' }, h('legend', { class: 'unseen' }, 'Sign in with'), ...choices),
    place,
  );
}

const FORMS: Readonly<Record<SignInMethod, (onSignIn: (state: SessionState) => void) => HTMLElement>> = {
  api_key: (onSignIn) =>
    form(
      {
        action: 'Sign in',
        onSubmit: async (data) => onSignIn(await signIn({ api_key: (textOf(data, 'api_key') ?? '').trim() })),
      },
      field(
        'API key',
        input('api_key', { type: 'password', required: true, placeholder: 'ln_…', spellcheck: 'false' }),
        'The console has the permissions of this key. Your key is stored in an HttpOnly cookie.',
      ),
    ),

  cloud: (onSignIn) =>
    form(
      {
        action: 'Sign in',
        async onSubmit(data) {
          onSignIn(await signIn({ credentials: credentialsIn(data) }));
        },
      },
      ...credentialFields(),
      h(
        'p',
        { class: 'hint' },
        'Creates a key for this session. It is revoked when you sign out, and expires after eight hours.',
      ),
    ),

  operator: (onSignIn) =>
    form(
      {
        action: 'Sign in',
        onSubmit: async (data) =>
          onSignIn(await signIn({ admin_token: (textOf(data, 'admin_token') ?? '').trim() })),
      },
      field('Admin token', input('admin_token', { type: 'password', required: true })),
    ),
};

export function credentialFields({ username = '', project = '' } = {}): readonly HTMLElement[] {
  return [
    field('User', input('username', { required: true, autocomplete: 'username', value: username })),
    field(
      'Password',
      input('password', { type: 'password', required: true, autocomplete: 'current-password' }),
    ),
    field('Project', input('project_name', { required: true, value: project }), 'Name or ID.'),
    h(
      'details',
      {},
      h('summary', {}, 'Domains'),
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
