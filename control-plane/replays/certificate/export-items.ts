import type { Context } from '../../context.ts';
import { findReplay } from '../queries.ts';
import { noSuchReplay } from '../read-replay.ts';
import { readCertified } from './queries.ts';

const pageRows = 1000;

/**
 * Every message of a replay, or every one that is not confirmed, in the order of the manifest, one JSON line each.
 * @throws Problem not_found
 */
export async function exportItems(
  context: Context,
  id: string,
  onlyOpen: boolean,
): Promise<ReadableStream<Uint8Array>> {
  if (!(await findReplay(context.postgres, id))) throw noSuchReplay();
  return ReadableStream.from(lines(context, id, onlyOpen));
}

async function* lines(context: Context, id: string, onlyOpen: boolean): AsyncGenerator<Uint8Array> {
  let from = 0;
  for (;;) {
    const page = await readCertified(context.postgres, id, { onlyOpen, from, limit: pageRows });
    if (page.length > 0) yield Buffer.from(page.map((item) => `${JSON.stringify(item)}\n`).join(''));
    const last = page.at(-1);
    if (!last || page.length < pageRows) return;
    from = last.position + 1;
  }
}
