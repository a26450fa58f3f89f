#!/usr/bin/env node
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { inheritedEnvironment } from './config.ts';

const usage = `plumbline: the command line of Plumbline

  plumbline check DIR       read a catalog and say what is wrong with it, as file:line:column message
  plumbline schema          print the JSON Schema of a catalog file, for editors
  plumbline schema objectives   the same, of objectives and calendars
  plumbline sign-in-link    print the one-time link of the first administrator
  plumbline verify-certificate FILE [KEY] [ITEMS]   check the certificate of a replay: digests, approval and signature;
                            KEY, as GET /api/v1/replays/certificate-key gives it, says whose it must be, and
                            ITEMS are the lines of GET /api/v1/replays/ID/certificate/items
  plumbline --help

Exit codes: 0 all is well, 1 the catalog or certificate is wrong or there is no link, 2 the command is wrong.`;

const say = (text: string): void => void process.stdout.write(`${text}\n`);
const complain = (text: string): void => void process.stderr.write(`${text}\n`);

const check = async (folder: string | undefined): Promise<number> => {
  if (folder === undefined) {
    complain('plumbline check needs the directory of a catalog, as in: plumbline check catalog');
    return 2;
  }
  const { loadCatalog } = await import('@plumbline/model/catalog/load.ts');
  const loaded = await loadCatalog(folder);
  if (!loaded.ok) {
    for (const error of loaded.errors)
      complain(`${error.file}:${error.line}:${error.column} ${error.message}`);
    complain(`${loaded.errors.length} ${loaded.errors.length === 1 ? 'error' : 'errors'} in ${folder}`);
    return 1;
  }
  for (const warning of loaded.warnings)
    complain(`${warning.file}:${warning.line}:${warning.column} warning: ${warning.message}`);
  say(`${folder} is a valid catalog`);
  return 0;
};

const schema = async (what: string | undefined): Promise<number> => {
  const texts = await import('@plumbline/model/catalog/json-schema.ts');
  if (what !== undefined && what !== 'objectives') {
    complain('plumbline schema prints the schema of a catalog file, or with "objectives" that of objectives');
    return 2;
  }
  process.stdout.write(what === undefined ? texts.catalogJsonSchemaText() : texts.documentJsonSchemaText());
  return 0;
};

const signInLink = async (): Promise<number> => {
  const folder = path.resolve(inheritedEnvironment()['PLUMBLINE_DATA_DIR'] ?? '.plumbline');
  const link = await readFile(path.join(folder, 'first-sign-in-link'), 'utf8').catch(() => '');
  if (link.trim() === '') {
    complain(
      `There is no sign-in link in ${folder}: it was used already, or Plumbline has not run there (PLUMBLINE_DATA_DIR names another place).`,
    );
    return 1;
  }
  say(link.trim());
  return 0;
};

const verifyCertificate = async (files: readonly string[]): Promise<number> => {
  const [file, keyFile, itemsFile] = files;
  if (file === undefined) {
    complain('plumbline verify-certificate needs the file of a certificate, as the API gave it');
    return 2;
  }
  const certificates = await import('./verify-certificate.ts');
  const { sentences, faults } = await certificates.verifyCertificate(file, keyFile, itemsFile);
  for (const sentence of sentences) say(sentence);
  for (const fault of faults) complain(fault);
  return faults.length > 0 ? 1 : 0;
};

const wrongCommand = (command: string): number => {
  complain(`plumbline: there is no command ${command}\n\n${usage}`);
  return 2;
};

const run = async ([command, argument, ...others]: readonly string[]): Promise<number> => {
  switch (command) {
    case 'check':
      return check(argument);
    case 'schema':
      return schema(argument);
    case 'sign-in-link':
      return signInLink();
    case 'verify-certificate':
      return verifyCertificate(argument === undefined ? [] : [argument, ...others]);
    case '--help':
    case '-h':
    case 'help':
      say(usage);
      return 0;
    case undefined:
      complain(usage);
      return 2;
    default:
      return wrongCommand(command);
  }
};

process.exitCode = await run(process.argv.slice(2));
