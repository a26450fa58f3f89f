import { isUtf8 } from 'node:buffer';
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { firstHeader, withIdentity } from '../headers.ts';
import type { Arrival, Header, Outgoing, SendResult } from '../port.ts';

/** A file has no headers: they stand beside it, in a file of its name and this ending. */
export const sidecarEnding = '.headers.json';
const nameHeader = 'file-name';
/** A value is a text; bytes that are none stand as base64. */
const SidecarValue = z.union([z.string(), z.strictObject({ base64: z.base64() })]);
const Sidecar = z.object({
  headers: z.array(z.tuple([z.string(), SidecarValue])).max(500),
  /** Names the send that dropped it, so that another one of the same message is not taken for it. */
  sent: z.string().optional(),
});

/** A rejected file with what stands beside it. Its name travels as a header, so that a replay drops it under that name. */
export async function readParcel(directory: string, name: string): Promise<Arrival> {
  const file = path.join(directory, name);
  const [body, { mtime, mtimeMs }, { headers }] = await Promise.all([
    readFile(file),
    stat(file),
    readSidecar(file),
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
async function readSidecar(file: string): Promise<{ headers: Header[]; sent: string | undefined }> {
  const text = await readFile(`${file}${sidecarEnding}`, 'utf8').catch(() => '');
  const { headers, sent } = Sidecar.catch({ headers: [] }).parse(jsonOf(text));
  const bytes = headers.map(([name, value]): Header => [
    name,
    typeof value === 'string' ? Buffer.from(value) : Buffer.from(value.base64, 'base64'),
  ]);
  return { headers: bytes, sent };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Drops a message as a file, whole and at once: headers first, then the body by renaming. What lies under the name is
 * taken as sent only if this very send dropped it; anything else is never written over.
 */
export async function dropParcel(directory: string, outgoing: Outgoing): Promise<SendResult> {
  const { body } = outgoing;
  if (body === null) return refused('A message without a body cannot be dropped as a file.', false);
  const file = path.join(directory, nameOf(outgoing));
  const passing = path.join(directory, `.${randomUUID()}.part`);
  let isThere = false;
  try {
    const found = await stat(directory).catch(() => undefined);
    if (!found?.isDirectory())
      return refused(`There is no directory ${directory}: make it, or correct the catalog.`, false);
    const before = await readFile(file).catch(() => undefined);
    if (before) return await judge(file, before, outgoing);
    const headers = withIdentity(outgoing).map(([name, value]) => [
      name,
      isUtf8(value) ? value.toString() : { base64: value.toString('base64') },
    ]);
    const sidecar = JSON.stringify({ headers, sent: outgoing.deduplicationId });
    await writeSynced(`${file}${sidecarEnding}`, Buffer.from(sidecar));
    await writeSynced(passing, body);
    await rename(passing, file);
    isThere = true;
    await sync(directory);
    return {
      kind: 'accepted',
      position: `${path.basename(file)} sha256 ${createHash('sha256').update(body).digest('hex')}`,
    };
  } catch (error) {
    await rm(passing, { force: true }).catch(() => undefined);
    const reason = error instanceof Error ? error.message : String(error);
    // It lies there, and only whether it would outlive a crash is not known.
    return isThere ? { kind: 'unknown', reason } : refused(reason, true);
  }
}

async function judge(file: string, before: Buffer, outgoing: Outgoing): Promise<SendResult> {
  const name = path.basename(file);
  const { headers, sent } = await readSidecar(file);
  const id = firstHeader(headers, ['message-id'])?.toString('utf8');
  const isSame = id === outgoing.messageId && outgoing.body !== null && before.equals(outgoing.body);
  if (isSame && sent === outgoing.deduplicationId)
    return { kind: 'accepted', position: `${name} was there already` };
  return refused(
    `${name} is there and has not been taken yet, and is another ${isSame ? 'send' : 'message'}.`,
    true,
  );
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
