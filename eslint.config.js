import globals from 'globals';
import svelte from 'eslint-plugin-svelte';
import { defineConfig } from 'eslint/config';
import ts from 'typescript-eslint';

/** Components alone: everything else is oxlint's to judge, with types and in a fifth of the time; see .oxlintrc.json. */
export default defineConfig(svelte.configs.recommended, {
  files: ['**/*.svelte', '**/*.svelte.ts'],
  languageOptions: { globals: globals.browser, parserOptions: { parser: ts.parser } },
  linterOptions: { reportUnusedDisableDirectives: 'error' },
  rules: {
    eqeqeq: 'error',
    'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
    'no-console': 'error',
    'svelte/no-at-html-tags': 'error',
    // Every address is made by src/lib/routes.ts; the console always stands at the root of its origin.
    'svelte/no-navigation-without-resolve': 'off',
  },
});
