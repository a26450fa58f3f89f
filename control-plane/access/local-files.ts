import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { plumbline } from '../actor.ts';
import type { Context } from '../context.ts';
import { offerFirstLink } from './links.ts';
import { createToken } from './manage-tokens.ts';
import { actorOfToken } from './tokens.ts';

/** Files of the data directory, readable by their owner alone. */
const linkFile = 'first-sign-in-link';
const tokenFile = 'admin-token';

/** While nobody administers: writes a fresh one-time link to the data directory and answers it. */
export async function writeFirstLink(context: Context): Promise<string | undefined> {
  const file = path.join(context.config.dataDirectory, linkFile);
  const link = await offerFirstLink(context);
  if (link) await writePrivately(file, link);
  else await rm(file, { force: true });
  return link;
}

/** On one machine: sees to it that the data directory holds an administrator's token that works. */
export async function writeLocalToken(context: Context): Promise<void> {
  const file = path.join(context.config.dataDirectory, tokenFile);
  const known = await readFile(file, 'utf8').catch(() => '');
  if (known && (await actorOfToken(context, known.trim()))) return;
  const { secret } = await createToken(
    context,
    plumbline,
    { name: 'this machine', role: 'admin', expiresInDays: null },
    'start',
  );
  await writePrivately(file, secret);
}

async function writePrivately(file: string, text: string): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(`${file}.new`, `${text}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
}
