import { checkCondition } from '@plumbline/model/catalog/conditions/check.ts';
import { evaluateCondition } from '@plumbline/model/catalog/conditions/evaluate.ts';
import type { Values } from '@plumbline/model/catalog/conditions/fields.ts';
import { httpStepFields, type HttpStep } from '@plumbline/model/catalog/probe.ts';
import type { Found, Look, LookContext } from '../look.ts';
import { readPath } from '../read-path.ts';
import { sendRequest } from './http-request.ts';

const defaultCondition = 'status < 400';

/** Steps one after another, each with conditions of its own; the first that fails ends the run. */
export const lookHttp: Look<'http'> = async (check, context) => {
  const saved = new Map<string, string>();
  for (const [index, step] of check.steps.entries()) {
    const name = step.name ?? `step${index + 1}`;
    const values = await runStep(step, name, saved, context);
    const broken = brokenOf(step, name, values);
    if (broken !== undefined) return { values: {}, broken };
    for (const [key, path] of Object.entries(step.save)) {
      const value = readPath(path, values);
      if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') {
        return {
          values: {},
          broken: { condition: `${name}: save ${path}`, why: `${path} is not a text or a number` },
        };
      }
      // What an earlier step saved is as often as not a token.
      context.secrets.register(String(value));
      saved.set(key, String(value));
    }
  }
  return { values: {} };
};

function brokenOf(step: HttpStep, name: string, values: Values): Found['broken'] {
  const conditions = step.conditions.length > 0 ? step.conditions : [defaultCondition];
  for (const condition of conditions) {
    const checked = checkCondition(condition, httpStepFields);
    const verdict = checked.ok
      ? evaluateCondition(checked.root, condition, values)
      : { met: false as const, why: checked.error.message };
    if (!verdict.met) return { condition: `${name}: ${condition}`, why: verdict.why };
  }
  return undefined;
}

async function runStep(
  step: HttpStep,
  name: string,
  saved: ReadonlyMap<string, string>,
  context: LookContext,
): Promise<Values> {
  const fill = (text: string, encode: (value: string) => string): string =>
    text.replaceAll(/\$\{(secret|saved)\.([a-z0-9_-]+)\}/g, (_, kind: string, key: string) =>
      encode(kind === 'secret' ? context.secrets.get(key) : (saved.get(key) ?? '')),
    );
  const asItIs = (value: string): string => value;
  const url = fill(step.url, encodeURIComponent);
  const headers = Object.fromEntries(
    Object.entries(step.headers).map(([key, value]) => [key.toLowerCase(), fill(value, asItIs)]),
  );
  const json =
    step.json === undefined ? undefined : JSON.stringify(fillLeaves(step.json, (text) => fill(text, asItIs)));
  const body = json ?? (step.body === undefined ? undefined : fill(step.body, asItIs));
  context.note(`${name}: ${step.method} ${url}`);
  const startedMs = context.now();
  const answer = await sendRequest(
    {
      method: step.method,
      url,
      headers: { ...(json !== undefined && { 'content-type': 'application/json' }), ...headers },
      body,
      redirectsMax: step.redirectsMax,
    },
    context,
  );
  const duration = (context.now() - startedMs) / 1000;
  const parsed = answer.isJson ? parseJson(answer.text) : answer.text;
  context.note(`${name}: answered ${answer.status}`, { bytes: answer.bytes, seconds: duration });
  return {
    status: answer.status,
    headers: answer.headers,
    ...(parsed !== undefined && { body: parsed }),
    size: answer.bytes,
    duration,
  };
}

/** Text that says it is JSON and is not has no body to ask about. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function fillLeaves(value: unknown, fill: (text: string) => string): unknown {
  if (typeof value === 'string') return fill(value);
  if (Array.isArray(value)) return value.map((item) => fillLeaves(item, fill));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fillLeaves(item, fill)]));
}
