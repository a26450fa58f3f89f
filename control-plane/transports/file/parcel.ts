import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { firstHeader, withIdentity } from '../headers.ts';
import type { Arrival, Header, Outgoing, SendResult } from '../port.ts';

/** A file has no headers: they stand beside it, in a file of its name and this ending. */
export const sidecarEnding = '.headers.json';
const nameHeader = 'file-name';
const Sidecar = z.object({ headers: z.array(z.tuple([z.string(), z.string()])).max(500) });

/** A rejected file with what stands beside it. Its name travels as a header, so that a replay drops it under that name. */
export async function readParcel(directory: string, name: string): Promise<Arrival> {
  const file = path.join(directory, name);
  const [body, { mtime, mtimeMs }, headers] = await Promise.all([
    readFile(file),
    stat(file),
    readHeaders(file),
  ]);
  const text = (wanted: string) => firstHeader(headers, [wanted])?.toString('utf8') ?? null;
  const all: Header[] = text(nameHeader) === null ? [...headers, [nameHeader, Buffer.from(name)]] : headers;
  return {
    arrivalId: createHash('sha256')
      .update(JSON.stringify([file, mtimeMs]))
      .update(body)
      .digest('hex'),
    messageId: text('message-id') ?? name.replace(/\.[^.]+$/, ''),
    body,
    headers: all,
    key: null,
    partition: null,
    contentType: text('content-type'),
    originalDestination: null,
    failedAt: mtime,
    reason: null,
    deliveries: null,
  };
}

/** A broken sidecar must not hold up every file behind it: its file is taken without headers, and it stays beside it. */
async function readHeaders(file: string): Promise<Header[]> {
  const text = await readFile(`${file}${sidecarEnding}`, 'utf8').catch(() => '');
  const { headers } = Sidecar.catch({ headers: [] }).parse(jsonOf(text));
  return headers.map(([name, value]) => [name, Buffer.from(value)]);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Drops a message as a file, whole and at once: headers first, then the body by renaming. The same content under the
 * name, with the same message id, is taken as sent; anything else is never written over.
 */
export async function dropParcel(directory: string, outgoing: Outgoing): Promise<SendResult> {
  const { body } = outgoing;
  if (body === null) return refused('A message without a body cannot be dropped as a file.', false);
  const file = path.join(directory, nameOf(outgoing));
  const passing = path.join(directory, `.${randomUUID()}.part`);
  try {
    await stat(directory);
    const there = await readFile(file).catch(() => undefined);
    if (there) {
      const id = firstHeader(await readHeaders(file), ['message-id'])?.toString('utf8');
      if (id === outgoing.messageId && there.equals(body))
        return { kind: 'accepted', position: `${path.basename(file)} was there already` };
      return refused(
        `${path.basename(file)} is there and has not been taken yet, and is another message.`,
        true,
      );
    }
    const headers = withIdentity(outgoing).map(([name, value]) => [name, value.toString('utf8')]);
    await writeSynced(`${file}${sidecarEnding}`, Buffer.from(JSON.stringify({ headers })));
    await writeSynced(passing, body);
    await rename(passing, file);
    await sync(directory);
    return {
      kind: 'accepted',
      position: `${path.basename(file)} sha256 ${createHash('sha256').update(body).digest('hex')}`,
    };
  } catch (error) {
    await rm(passing, { force: true }).catch(() => undefined);
    return refused(error instanceof Error ? error.message : String(error), true);
  }
}

/** The name that it had, but for an edited message: that is another one. No name leaves its directory. */
function nameOf({ headers, messageId }: Outgoing): string {
  const name = firstHeader(headers, [nameHeader])?.toString('utf8') ?? messageId;
  const isEdited = firstHeader(headers, ['plumbline-original-message-id']) !== undefined;
  const base = path.basename(isEdited ? `${messageId}${path.extname(name)}` : name);
  const safe = base.replace(/[^\p{L}\p{N}._-]/gu, '_').replace(/^\.+/, '_');
  return safe === '' ? messageId.replace(/\W/g, '_') : safe.slice(0, 200);
}

/** Moves a stored file out of the way; it stays on disk. */
export async function putAside(directory: string, name: string): Promise<void> {
  const taken = path.join(directory, '.taken');
  await mkdir(taken, { recursive: true });
  const aim = path.join(taken, `${randomUUID()}-${name}`);
  await rename(path.join(directory, name), aim);
  await rename(path.join(directory, `${name}${sidecarEnding}`), `${aim}${sidecarEnding}`).catch(
    () => undefined,
  );
}

async function writeSynced(file: string, bytes: Buffer): Promise<void> {
  const handle = await open(file, 'w', 0o640);
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function sync(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function refused(reason: string, retryable: boolean): SendResult {
  return { kind: 'refused', reason, retryable };
}
