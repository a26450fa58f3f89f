import { closeSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import path from 'node:path';

const bytesMax = 10 * 1024 * 1024;

/** A log that never grows past 10 MB; what came before stays beside it as `.1`. */
export type LogFile = { write: (text: string) => void; close: () => void };

export const openLogFile = (file: string): LogFile => {
  mkdirSync(path.dirname(file), { recursive: true });
  let handle = openSync(file, 'a', 0o600);
  let size = fstatSync(handle).size;
  let isOpen = true;
  return {
    write: (text) => {
      if (!isOpen) return;
      if (size > bytesMax) {
        closeSync(handle);
        renameSync(file, `${file}.1`);
        handle = openSync(file, 'a', 0o600);
        size = 0;
      }
      size += writeSync(handle, text);
    },
    close: () => {
      if (isOpen) closeSync(handle);
      isOpen = false;
    },
  };
};
