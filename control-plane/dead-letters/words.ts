import type { Arrival } from '../transports/port.ts';
import { hidesHeader, placeIn, type MaskRules } from './mask.ts';

const wordsMax = 60_000;
const headerValueMax = 500;
const between = /["{}[\],:\s]+/;

/**
 * What search looks through: header values and the body without what is masked, each word once. A body names its fields
 * in every line: indexed as often as they stand there, they took most of the time of intake. Pure.
 */
export function wordsOf(arrival: Arrival, json: unknown, rules: MaskRules): string {
  const words = new Set<string>();
  const names = new Set<string>();
  let length = 0;
  const add = (text: string, separator: RegExp): void => {
    for (const word of text.split(separator)) {
      if (length >= wordsMax) return;
      if (word === '' || words.has(word)) continue;
      words.add(word);
      length += word.length + 1;
    }
  };
  for (const [name, value] of arrival.headers)
    if (!hidesHeader(name, rules)) add(`${name} ${value.toString('utf8').slice(0, headerValueMax)}`, /\s+/);
  const walk = (value: unknown, at: string): void => {
    if (length >= wordsMax || rules.pointers.has(at)) return;
    if (Array.isArray(value)) return value.forEach((item, index) => walk(item, placeIn(at, index, rules)));
    if (typeof value !== 'object' || value === null)
      return add(typeof value === 'string' ? value : String(value), between);
    for (const [name, item] of Object.entries(value)) {
      if (!names.has(name)) add(name, between);
      names.add(name);
      if (rules.names.has(name.toLowerCase())) continue;
      walk(item, placeIn(at, name, rules));
    }
  };
  if (json !== undefined) walk(json, '');
  return [...words].join(' ').slice(0, wordsMax);
}
