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
        const place = `${at}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
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

export function hidesHeader(name: string, rules: MaskRules): boolean {
  return rules.names.has(name.toLowerCase()) || secretHeaders.has(name.toLowerCase());
}

/** Never shown, whatever the catalog says. */
const secretHeaders = new Set(['authorization', 'cookie', 'set-cookie', 'proxy-authorization', 'x-api-key']);
