import type { Context } from '../context.ts';
import { Problem } from '../problem.ts';
import { readAlert, readAttempts, readCourses, type CourseRow } from './queries.ts';
import type { Alert, Belief, Explanation } from './schemas.ts';

/** Why who was told what of an alert, or was not. @throws Problem not_found */
export async function explainAlert(context: Context, episode: string): Promise<Explanation> {
  const alert = await readAlert(context.postgres, episode, context.now());
  if (!alert) throw new Problem('not_found', 'There is no such alert.');
  const [courses, attempts] = await Promise.all([
    readCourses(context.postgres, alert.key),
    readAttempts(context.postgres, episode),
  ]);
  const known = new Map(courses.map((course) => [course.channel, course]));
  return {
    alert,
    attempts,
    channels: alert.channels.map((name) => beliefOf(context, alert, name, known.get(name))),
  };
}

function beliefOf(context: Context, alert: Alert, channel: string, course: CourseRow | undefined): Belief {
  const isWaiting =
    course !== undefined && (course.times ?? 0) > 0 && course.notBefore > context.now().toISOString();
  return {
    channel,
    believes: course?.believes ?? 'no',
    reason: reasonFor(context, alert, channel, course),
    retryAt: isWaiting ? course.notBefore : null,
  };
}

function reasonFor(context: Context, alert: Alert, name: string, course: CourseRow | undefined): string {
  const held = context.channels.find(name);
  const variable = `PLUMBLINE_CHANNEL_${name.toUpperCase().replaceAll('-', '_')}`;
  if (!held) return `There is no channel of this name: set ${variable} and restart.`;
  if (held.off !== undefined) return `It is switched off because its receiver is gone: ${held.off}`;
  if (course?.isSending) return 'An act is on its way.';
  if (course?.times)
    return course.times === 1 ? 'It failed once.' : `It failed ${course.times} times in a row.`;
  const believes = course?.believes ?? 'no';
  if (alert.state === 'firing') return firingReason(alert, believes === 'yes');
  return believes === 'no' ? 'Nothing is open there.' : 'Its resolve is sent next.';
}

function firingReason({ acknowledged, isSilenced }: Alert, isTold: boolean): string {
  const held = isTold ? 'It was told, and is not told again' : 'It is not told';
  if (isSilenced) return `${held} while a silence matches.`;
  if (acknowledged) return `${held} before ${acknowledged.until}: ${acknowledged.by} has it.`;
  return isTold ? 'It was told.' : 'It is told next.';
}
