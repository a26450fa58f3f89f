import { durationMs } from '@plumbline/model/catalog/schema.ts';
import { type Look, secondsSince } from '../look.ts';

/** Somebody else's work says that it is alive; the probe fails when that was too long ago. */
export const lookHeartbeat: Look<'heartbeat'> = async (check, context) => {
  const beatMs = await context.lastBeatMs(context.probe);
  context.note('last beat', { at: beatMs === null ? 'never' : new Date(beatMs).toISOString() });
  if (beatMs === null) {
    return { values: {}, broken: { condition: `age <= ${check.within}`, why: 'it has never been heard' } };
  }
  const age = secondsSince(beatMs, context.now());
  if (age * 1000 <= durationMs(check.within)) return { values: { age } };
  const why = `it was last heard ${Math.round(age)} s ago`;
  return { values: { age }, broken: { condition: `age <= ${check.within}`, why } };
};
