import { createHash, timingSafeEqual } from 'node:crypto';

function digest(text: string): Buffer {
  return createHash('sha256').update(text, 'utf8').digest();
}

/** Checks an Authorization header against bearer tokens, in a time that says nothing of how near a guess came. */
export function createAuthorize(tokens: readonly string[]): (header: string | undefined) => boolean {
  if (tokens.length === 0) return () => true;
  const digests = tokens.map(digest);
  return (header) => {
    const given = digest(/^Bearer (.+)$/iu.exec(header ?? '')?.[1]?.trim() ?? '');
    let matches = false;
    for (const known of digests) if (timingSafeEqual(known, given)) matches = true;
    return matches;
  };
}
