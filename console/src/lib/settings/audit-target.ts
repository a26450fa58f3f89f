import type { Routes } from '#lib/routes.ts';

/** Where the object of an audit entry is shown, such as `replay:61f6f307-…`; what has no page of its own has no link. */
export function auditTargetLink(target: string, to: Routes): string | undefined {
  const [kind, ...rest] = target.split(':');
  const name = rest.join(':');
  if (!name) return undefined;
  if (kind === 'replay') return to.replay(name);
  if (kind === 'dead_letter') return to.deadLetter(name);
  if (kind === 'incident') return to.incident(Number(name));
  if (kind === 'flow') return to.flow(name);
  return undefined;
}
