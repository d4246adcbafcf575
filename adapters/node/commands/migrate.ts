import { ConfigError } from '../../../src/config/config-error.ts';
import { NEWEST_MIGRATION } from '../../sql/migrations/migrate.ts';
import { openDatabase } from '../../sql/open.ts';
import { print } from './output.ts';

/** A configuration that is wrong elsewhere, or a cloud that is down, must not stand in the way of an upgrade. */
export async function run(): Promise<void> {
  const url = process.env.DATABASE_URL;
  if (!url) throw new ConfigError('DATABASE_URL', 'is required: the database to migrate');
  const database = await openDatabase(url);
  await database.close();
  print(`schema ${NEWEST_MIGRATION}`);
}
