import { readFileSync } from 'node:fs';
import path from 'node:path';

/** Named secrets, and the means to keep them out of everything that leaves the process. */
export interface Secrets {
  /** @throws Error with a sentence that says where to put the secret */
  get(name: string): string;
  /** The text without any secret that was handed out or registered. */
  redact(text: string): string;
  /** Keeps a value out of texts from now on. */
  register(value: string): void;
}

const shortest = 4;
const bytesMax = 64 * 1024;
const mask = '***';

/** Reads `PLUMBLINE_SECRET_<NAME>`, else the file `<name>` of the directory, at each use: files are rotated. */
export function openSecrets(
  fromEnvironment: ReadonlyMap<string, string>,
  directory: string | undefined,
): Secrets {
  const known = new Set<string>();
  const register = (value: string): void => {
    if (value.length < shortest) return;
    for (const form of [value, encodeURIComponent(value), JSON.stringify(value).slice(1, -1)])
      known.add(form);
  };
  return {
    register,
    get(name) {
      const value = fromEnvironment.get(name) ?? fromFile(directory, name);
      if (value === undefined) throw new Error(missing(name, directory));
      register(value);
      return value;
    },
    redact(text) {
      // Longer ones first: one secret may be part of another.
      const forms = [...known].toSorted((a, b) => b.length - a.length);
      return forms.reduce((clean, form) => clean.replaceAll(form, mask), text);
    },
  };
}

function fromFile(directory: string | undefined, name: string): string | undefined {
  if (directory === undefined || !/^[a-z][a-z0-9-]{0,62}$/.test(name)) return undefined;
  try {
    const text = readFileSync(path.join(directory, name), 'utf8').replace(/\r?\n$/, '');
    return text.length > bytesMax ? undefined : text;
  } catch {
    return undefined;
  }
}

function missing(name: string, directory: string | undefined): string {
  const variable = `PLUMBLINE_SECRET_${name.toUpperCase().replaceAll('-', '_')}`;
  const file =
    directory === undefined ? 'a file of that name in PLUMBLINE_SECRETS_DIR' : path.join(directory, name);
  return `The secret "${name}" is not there: set ${variable}, or write ${file}.`;
}
