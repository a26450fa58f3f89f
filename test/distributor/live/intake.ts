import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { Letter, letterOf, type Death } from './letters.ts';

/** The way of dead letters that lie in no queue: they are handed to Plumbline over its API. */
export interface Intake {
  put(step: Death): void;
  /** Waits until all that was put is taken in, at most so long; answers how many are left. */
  drained(withinMs: number): Promise<number>;
}

export interface IntakeOptions {
  /** Base address of Plumbline's API. */
  readonly apiUrl: string;
  /** Holds the administrator's token of this machine and, after the first letter, the distributor's own. */
  readonly dataDir: string;
  readonly now: () => number;
  readonly say: (sentence: string) => void;
  readonly stop: AbortSignal;
}

const lettersMax = 5000;
const lettersPerRequest = 100;
const lookEveryMs = 500;
const waitMsMax = 15_000;
const answerWithinMs = 15_000;

/**
 * Starts to hand in what is put. A letter is kept, in a file if need be, until its receipt has come; the same one
 * handed in twice is one letter.
 */
export function openIntake(options: IntakeOptions): Intake {
  const file = join(options.dataDir, 'distributor-letters.json');
  const waiting = readLetters(file);
  let kept = waiting.length;
  let told = '';
  const complain = (reason: string): void => {
    if (reason !== told)
      options.say(`Plumbline takes no dead letters yet (${reason}); ${waiting.length} are kept.`);
    told = reason;
  };
  const run = async (): Promise<void> => {
    let waitMs = lookEveryMs;
    let size = lettersPerRequest;
    while (!options.stop.aborted) {
      const batch = waiting.slice(0, size);
      const answer = batch.length > 0 ? await handIn(options, batch) : taken;
      // One letter that is refused must not hold up the others: they are handed in one by one past it.
      const dropped = answer.kind === 'refused' && batch.length === 1;
      if (answer.kind === 'taken' || dropped) waiting.splice(0, batch.length);
      if (answer.kind !== 'taken') complain(answer.reason);
      // While all is taken at once nothing need be written.
      if (kept !== waiting.length && (kept > 0 || answer.kind !== 'taken')) {
        kept = waiting.length;
        writeLetters(file, waiting);
      }
      size = answer.kind === 'refused' ? 1 : lettersPerRequest;
      waitMs = answer.kind === 'away' ? Math.min(2 * waitMs, waitMsMax) : lookEveryMs;
      if (waiting.length === 0 || answer.kind === 'away')
        await sleep(waitMs, undefined, { signal: options.stop, ref: false }).catch(() => undefined);
    }
    if (kept !== waiting.length) writeLetters(file, waiting);
  };
  void run();
  return {
    put(step) {
      if (waiting.length < lettersMax) waiting.push(letterOf(step));
      else complain(`more than ${lettersMax} wait, and further ones are lost`);
    },
    async drained(withinMs) {
      const untilMs = options.now() + withinMs;
      while (waiting.length > 0 && options.now() < untilMs && !options.stop.aborted) await sleep(50);
      return waiting.length;
    },
  };
}

function readLetters(file: string): Letter[] {
  try {
    return z
      .array(Letter)
      .max(lettersMax)
      .parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return [];
  }
}

/** Replaces the file as a whole, so that a crash leaves the old letters or the new ones. */
function writeLetters(file: string, letters: readonly Letter[]): void {
  writeFileSync(`${file}.part`, JSON.stringify(letters));
  renameSync(`${file}.part`, file);
}

type Answer =
  | { readonly kind: 'taken' }
  /** Another try may be taken. */
  | { readonly kind: 'away'; readonly reason: string }
  /** Something in it is wrong, so that it will never be taken as it is. */
  | { readonly kind: 'refused'; readonly reason: string };

const taken: Answer = { kind: 'taken' };
const wrong: ReadonlySet<number> = new Set([400, 413, 422]);

async function handIn(options: IntakeOptions, items: readonly Letter[]): Promise<Answer> {
  try {
    const token = await tokenOf(options);
    const response = await request(options, '/api/v1/dead-letters', token, { items });
    if (response.ok) return taken;
    if (response.status === 401) await writeFile(tokenFile(options), '');
    return { kind: wrong.has(response.status) ? 'refused' : 'away', reason: await reasonOf(response) };
  } catch (error) {
    return { kind: 'away', reason: error instanceof Error ? error.message : String(error) };
  }
}

const Problem = z.object({ detail: z.string().max(1000) });
const Created = z.object({ secret: z.string().min(1) });

/** A token that can do no more than operators do, made with the administrator's at the first letter. */
async function tokenOf(options: IntakeOptions): Promise<string> {
  const known = await readText(tokenFile(options));
  if (known) return known;
  const administrator = await readText(join(options.dataDir, 'admin-token'));
  if (!administrator) throw new Error(`no admin-token in ${options.dataDir}: start Plumbline there first`);
  const wanted = { name: 'reference distributor', role: 'operator', expiresInDays: null };
  const response = await request(options, '/api/v1/tokens', administrator, wanted);
  if (!response.ok) throw new Error(await reasonOf(response));
  const { secret } = Created.parse(await response.json());
  await writeFile(tokenFile(options), secret, { mode: 0o600 });
  return secret;
}

function request(options: IntakeOptions, path: string, token: string, body: unknown): Promise<Response> {
  return fetch(`${options.apiUrl}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify(body),
    signal: AbortSignal.any([options.stop, AbortSignal.timeout(answerWithinMs)]),
  });
}

async function reasonOf(response: Response): Promise<string> {
  const problem = Problem.safeParse(await response.json().catch(() => undefined));
  return `${response.status} ${problem.success ? problem.data.detail : ''}`.trim();
}

function tokenFile({ dataDir }: IntakeOptions): string {
  return join(dataDir, 'distributor-token');
}

async function readText(path: string): Promise<string> {
  return (await readFile(path, 'utf8').catch(() => '')).trim();
}
