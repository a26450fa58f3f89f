/** A ClickHouse string literal. Control characters are written as escapes so that DDL stays one readable line. */
export function quote(text: string): string {
  const escaped = text.replace(/[\\']/g, '\\$&').replace(/[\u0000-\u001f\u007f]/g, hexEscape);
  return `'${escaped}'`;
}

/** An array literal of strings; typed, because an empty array has no type of its own. */
export function quoteAll(texts: readonly string[]): string {
  return texts.length === 0 ? 'emptyArrayString()' : `[${texts.map(quote).join(', ')}]`;
}

/** The pattern of LIKE for a glob in which only `*` is special. */
export function likePattern(glob: string): string {
  return glob.replace(/[\\%_]/g, '\\$&').replaceAll('*', '%');
}

/** The first of several texts that is not empty, else the empty text. */
export function firstFilled(expressions: readonly string[]): string {
  const [first = "''", ...rest] = expressions;
  return rest.length === 0 ? first : `if(${first} != '', ${first}, ${firstFilled(rest)})`;
}

function hexEscape(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
}
