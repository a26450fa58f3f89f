import type { Header } from '../transports/port.ts';
import { dots, hiddenLengthMin, hiddenTexts, hiddenTextsMax, hidesHeader, type MaskRules } from './mask.ts';
import { parseJson } from './pointer.ts';

const searchedBytesMax = 1024 * 1024;

/** What is known of a message by itself, before anybody said anything about it. */
export interface Quotable {
  readonly body: Buffer | null;
  readonly headers: readonly Header[];
}

/**
 * What of a message nobody may read in what is said about it: whatever stands in its masked fields and headers. A body that
 * is no JSON is searched for the names of masked fields as XML, forms and lines of text write them. Longest first. Pure.
 */
export function secretsOf({ body, headers }: Quotable, rules: MaskRules): readonly string[] {
  const json = parseJson(body);
  const inBody = json === undefined ? namedTexts(body, rules) : hiddenTexts(json, rules);
  const inHeaders = headers
    .filter(([name]) => hidesHeader(name, rules))
    // `Bearer <token>`: the token alone says as much.
    .flatMap(([, value]) => [value.toString('utf8').trim(), ...value.toString('utf8').split(' ').slice(1)]);
  const texts = new Set([...inBody, ...inHeaders].filter((text) => text.length >= hiddenLengthMin));
  return [...texts].sort((a, b) => b.length - a.length);
}

function namedTexts(body: Buffer | null, { names }: MaskRules): string[] {
  if (body === null || body.length === 0 || names.size === 0) return [];
  const name = [...names].map(escaped).join('|');
  const written = `(?:["']?\\s{0,20}[=:]\\s{0,20}["']?|(?:\\s[^<>]{0,200})?>\\s{0,20}(?:<!\\[CDATA\\[)?)`;
  const pattern = new RegExp(`(?<![\\p{L}\\p{N}])(?:${name})${written}([^<>"'&;,\\]\\r\\n]{4,500})`, 'giu');
  const text = body.subarray(0, searchedBytesMax).toString('utf8');
  const found: string[] = [];
  for (const [, value] of text.matchAll(pattern)) {
    if (value !== undefined) found.push(value.trim());
    if (found.length === hiddenTextsMax) break;
  }
  return found;
}

/**
 * What a consumer, a target or telemetry said about a message, with its secrets as dots: they quote what they could not take.
 * It is what is written down, so that no list, group, ledger, certificate or sentence made of it can show more. Pure.
 */
export function hideQuotes(text: string, secrets: readonly string[]): string {
  if (text === '' || secrets.length === 0) return text;
  const short = secrets.filter(({ length }) => length <= text.length);
  const spelled = new Set(short.flatMap(spellings));
  const pattern = [...spelled].map((one) => escaped(one).replace(/\s+/g, '\\s+')).join('|');
  const whole = pattern === '' ? text : text.replace(new RegExp(pattern, 'giu'), dots);
  const cutAt = secrets.map((secret) => cutQuote(whole, secret)).find((at) => at !== undefined);
  return cutAt === undefined ? whole : whole.slice(0, cutAt) + dots;
}

/** What stands written about a letter as a whole. */
interface Told {
  readonly cause: string;
  readonly errorType: string;
  readonly errorMessage: string;
  readonly settledWhy: string | null;
}

/** What stands written about one death of a letter. */
interface ToldOfDeath {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly stack: string;
  readonly reason: string | null;
}

/** A letter with the secrets of its message as dots in all that is said of it. Pure. */
export function hideInLetter<Letter extends Told>(letter: Letter, secrets: readonly string[]): Letter {
  return {
    ...letter,
    cause: hideQuotes(letter.cause, secrets),
    errorType: hideQuotes(letter.errorType, secrets),
    errorMessage: hideQuotes(letter.errorMessage, secrets),
    settledWhy: letter.settledWhy === null ? null : hideQuotes(letter.settledWhy, secrets),
  };
}

/** The same for one of its deaths. Pure. */
export function hideInDeath<Death extends ToldOfDeath>(death: Death, secrets: readonly string[]): Death {
  return {
    ...death,
    errorType: hideQuotes(death.errorType, secrets),
    errorMessage: hideQuotes(death.errorMessage, secrets),
    stack: hideQuotes(death.stack, secrets),
    reason: death.reason === null ? null : hideQuotes(death.reason, secrets),
  };
}

/** Answers quote as JSON and as parts of addresses, too. */
function spellings(secret: string): string[] {
  return [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret.toWellFormed())];
}

/** Where a secret begins that the end of a text cuts off; undefined: nowhere. */
function cutQuote(text: string, secret: string): number | undefined {
  const start = secret.slice(0, hiddenLengthMin);
  for (let at = text.indexOf(start); at !== -1; at = text.indexOf(start, at + 1)) {
    if (secret.startsWith(text.slice(at))) return at;
  }
  return undefined;
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);
}
