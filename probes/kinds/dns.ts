import { Resolver } from 'node:dns/promises';
import { type Look, onAbort } from '../look.ts';

const answersMax = 100;

/** Asks a name server. A name that does not exist has no answers; a server that cannot answer is an error. */
export const lookDns: Look<'dns'> = async (check, context) => {
  const resolver = new Resolver({ timeout: context.timeoutMs, tries: 2 });
  if (check.server !== undefined) resolver.setServers([check.server]);
  const forget = onAbort(context.signal, () => resolver.cancel());
  context.note(`ask ${resolver.getServers().join(', ')} for ${check.type} of ${check.name}`);
  try {
    const answers: readonly unknown[] = await resolver.resolve(check.name, check.type).then(
      (found) => (Array.isArray(found) ? found : [found]),
      (error: unknown) => {
        const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
        if (code === 'ENOTFOUND' || code === 'ENODATA') return [];
        throw new Error(`The name server did not answer: ${String(code)}`, { cause: error });
      },
    );
    const texts = answers.slice(0, answersMax).map(textOf).toSorted();
    context.note('answered', { answers: texts });
    return { values: { answers: texts } };
  } finally {
    forget();
  }
};

function textOf(answer: unknown): string {
  if (typeof answer === 'string') return answer;
  if (Array.isArray(answer)) return answer.join('');
  if (typeof answer === 'object' && answer !== null && 'exchange' in answer) return String(answer.exchange);
  return JSON.stringify(answer);
}
