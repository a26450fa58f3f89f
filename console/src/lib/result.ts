/** Why a question to the API has no answer: what an RFC 9457 problem says. */
export interface Problem {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly code: string;
}

/** An answer of the API, or why there is none. A failed question is never an empty answer. */
export type Result<Data> =
  | { readonly ok: true; readonly data: Data; readonly atMs: number }
  | { readonly ok: false; readonly problem: Problem };

/** Problem of a response body; some middle box may have answered instead of the API, so nothing is taken for granted. */
export function problemOf(status: number, body: unknown): Problem {
  const text = (name: string): string | undefined => {
    const value = (body as Record<string, unknown> | null)?.[name];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const of = typeof body === 'object' ? text : () => undefined;
  return {
    status,
    title: of('title') ?? `The API answered ${status}`,
    detail: of('detail') ?? 'It gave no reason. Its log says more.',
    code: of('code') ?? 'unknown',
  };
}

export const unreachable: Problem = {
  status: 503,
  title: 'The API does not answer',
  detail:
    'The control plane is stopped, frozen, starting or out of reach. Look whether its process runs and what its log says last; where it hangs, restart it. Then try again: nothing that was sent to Plumbline is lost meanwhile.',
  code: 'api_unreachable',
};

export const slow: Problem = {
  status: 504,
  title: 'The API took longer than 20 s',
  detail: 'It runs, but is busy or was asked for much. Try again, with a shorter time range.',
  code: 'api_slow',
};
