import type { NovaTranslation } from '../translation.ts';
import { translatedSession } from './session.ts';
import { translated } from './translated.ts';
import { translatedVersions } from './version-documents.ts';

/** Into the language in the middle and out of it: the Nova dialect for any `Cloud`. */
export const novaTranslation: NovaTranslation = {
  openSession: translatedSession,
  versionDocuments: translatedVersions,
  answer: translated,
};
