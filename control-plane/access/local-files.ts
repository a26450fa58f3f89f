import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { plumbline } from '../actor.ts';
import type { Context } from '../context.ts';
import { describeError } from '../log.ts';
import { hasAdministrator, offerFirstLink } from './links.ts';
import { createToken, listTokens, revokeToken } from './manage-tokens.ts';
import { actorOfToken } from './tokens.ts';

/** Files of the data directory, readable by their owner alone. */
const linkFile = 'first-sign-in-link';
const tokenFile = 'admin-token';
const tokenName = 'this machine';
/** A link lives for a day; a new one in time means that the file always holds one that works. */
const renewLinkMs = 12 * 3_600_000;

/** While nobody administers: writes a fresh one-time link to the data directory and answers it. */
export async function writeFirstLink(context: Context): Promise<string | undefined> {
  const link = await offerFirstLink(context);
  if (link) await writePrivately(fileOf(context, linkFile), link);
  else await rm(fileOf(context, linkFile), { force: true });
  return link;
}

/** Renews the link while nobody administers. Answers how to stop. */
export function renewFirstLink(context: Context): () => void {
  const timer = setInterval(() => {
    writeFirstLink(context)
      .then((link) => {
        if (!link) clearInterval(timer);
      })
      .catch((error: unknown) => context.log.warn('the sign-in link was not renewed', describeError(error)));
  }, renewLinkMs);
  timer.unref();
  return () => clearInterval(timer);
}

/** Removes the link once somebody administers. The sign-in it served has succeeded, so a failure is only logged. */
export async function forgetFirstLink(context: Context): Promise<void> {
  try {
    if (await hasAdministrator(context.postgres)) await rm(fileOf(context, linkFile), { force: true });
  } catch (error) {
    context.log.warn('the used sign-in link stays in the data directory', describeError(error));
  }
}

/** On one machine: sees to it that the data directory holds an administrator's token that works. */
export async function writeLocalToken(context: Context): Promise<void> {
  const file = fileOf(context, tokenFile);
  const known = (await readFile(file, 'utf8').catch(() => '')).trim();
  if (known && (await actorOfToken(context, known))?.role === 'admin') return;
  // The file is lost, so nobody should hold what it had.
  for (const token of await listTokens(context)) {
    if (token.name === tokenName && token.createdBy === plumbline.name)
      await revokeToken(context, plumbline, token.id, 'start');
  }
  const wanted = { name: tokenName, role: 'admin' as const, expiresInDays: null };
  const { secret } = await createToken(context, plumbline, wanted, 'start');
  await writePrivately(file, secret);
}

function fileOf(context: Context, name: string): string {
  return path.join(context.config.dataDirectory, name);
}

/** The mode counts only for a file that is created, so one that lies there is removed first. */
async function writePrivately(file: string, text: string): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  await rm(`${file}.new`, { force: true });
  await writeFile(`${file}.new`, `${text}\n`, { mode: 0o600, flag: 'wx' });
  await rename(`${file}.new`, file);
}
