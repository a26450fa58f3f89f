export const dots = '••••••';

/** Fields that are hidden: names, wherever they stand, and JSON pointers. */
export interface MaskRules {
  readonly names: ReadonlySet<string>;
  readonly pointers: ReadonlySet<string>;
}

export function maskRules(masked: readonly string[]): MaskRules {
  return {
    names: new Set(masked.filter((field) => !field.startsWith('/')).map((field) => field.toLowerCase())),
    pointers: new Set(masked.filter((field) => field.startsWith('/'))),
  };
}

export interface Masked {
  readonly value: unknown;
  /** JSON pointers of what was hidden. */
  readonly hidden: readonly string[];
}

/** A copy of a JSON value with what the rules name replaced by dots. Pure. */
export function maskJson(value: unknown, rules: MaskRules): Masked {
  const hidden: string[] = [];
  const walk = (inner: unknown, at: string): unknown => {
    if (rules.pointers.has(at)) return hide(at);
    if (Array.isArray(inner)) return inner.map((item, index) => walk(item, `${at}/${index}`));
    if (typeof inner !== 'object' || inner === null) return inner;
    return Object.fromEntries(
      Object.entries(inner).map(([name, item]) => {
        const place = pointerTo(at, name);
        return [name, rules.names.has(name.toLowerCase()) ? hide(place) : walk(item, place)];
      }),
    );
  };
  const hide = (at: string): string => {
    hidden.push(at);
    return dots;
  };
  return { value: walk(value, ''), hidden };
}

/**
 * The JSON pointer of what stands in a place under a name or a number. Empty where no rule is a pointer, so that nobody asks:
 * to write them all out took a third of the time in which a letter is read.
 */
export function placeIn(at: string, step: string | number, rules: MaskRules): string {
  if (rules.pointers.size === 0) return '';
  return pointerTo(at, step);
}

/** RFC 6901. */
function pointerTo(at: string, step: string | number): string {
  return `${at}/${typeof step === 'number' ? step : step.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

/** Shorter texts stand in other words by chance. */
export const hiddenLengthMin = 4;
export const hiddenTextsMax = 200;

/** What stands in hidden fields, longest first: what a consumer wrote about a message may quote it. Pure. */
export function hiddenTexts(value: unknown, rules: MaskRules): readonly string[] {
  if (rules.names.size === 0 && rules.pointers.size === 0) return [];
  const texts = new Set<string>();
  const walk = (inner: unknown, at: string, isHidden: boolean): void => {
    const hides = isHidden || rules.pointers.has(at);
    if (Array.isArray(inner))
      return inner.forEach((item, index) => walk(item, placeIn(at, index, rules), hides));
    if (typeof inner === 'object' && inner !== null) {
      for (const [name, item] of Object.entries(inner)) {
        walk(item, placeIn(at, name, rules), hides || rules.names.has(name.toLowerCase()));
      }
      return;
    }
    if (!hides || (typeof inner !== 'string' && typeof inner !== 'number')) return;
    const text = String(inner).trim();
    if (text.length >= hiddenLengthMin && texts.size < hiddenTextsMax) texts.add(text);
  };
  walk(value, '', false);
  return [...texts].sort((a, b) => b.length - a.length);
}

export function hidesHeader(name: string, rules: MaskRules): boolean {
  return rules.names.has(name.toLowerCase()) || secretHeaders.has(name.toLowerCase());
}

/** Never shown, whatever the catalog says. */
const secretHeaders = new Set(['authorization', 'cookie', 'set-cookie', 'proxy-authorization', 'x-api-key']);
