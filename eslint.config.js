import js from '@eslint/js';
import globals from 'globals';
import svelte from 'eslint-plugin-svelte';
import { defineConfig, globalIgnores } from 'eslint/config';
import ts from 'typescript-eslint';

/** Only these may read the environment: an entry point hands it to config.ts, which parses it once. */
const mayReadEnvironment = [
  '**/config.ts',
  '**/main.ts',
  'deploy/local/clickhouse/server.ts',
  '**/*.config.{js,ts}',
  'test/**',
  '**/*.test.ts',
  'console/src/lib/server/config.ts',
];

export default defineConfig(
  globalIgnores([
    '**/node_modules/',
    'console/.svelte-kit/',
    'console/build/',
    'test/.out/',
    '.plumbline/',
    'test/boundaries/fixture/',
  ]),
  js.configs.recommended,
  ts.configs.recommendedTypeChecked,
  svelte.configs.recommended,
  {
    languageOptions: {
      globals: globals.node,
      parserOptions: { projectService: { allowDefaultProject: ['*.js'] }, extraFileExtensions: ['.svelte'] },
    },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      eqeqeq: 'error',
      'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
      'no-console': 'error',
      // Patterns that refuse control characters have to name them.
      'no-control-regex': 'off',
      'no-restricted-properties': [
        'error',
        {
          object: 'process',
          property: 'env',
          message: 'Read the environment in config.ts and pass the result on.',
        },
      ],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      // It also reports assertions that tsc needs under noUncheckedIndexedAccess.
      '@typescript-eslint/no-unnecessary-type-assertion': 'off',
      // What a form's text field holds is text, although its type allows a file.
      '@typescript-eslint/no-base-to-string': [
        'error',
        { ignoredTypeNames: ['Error', 'File', 'RegExp', 'URL', 'URLSearchParams'] },
      ],
      '@typescript-eslint/require-await': 'off',
    },
  },
  { files: mayReadEnvironment, rules: { 'no-restricted-properties': 'off' } },
  {
    // Their standard output is their purpose.
    files: ['deploy/local/plumbline.ts', 'deploy/local/main.ts', 'test/**/*.ts'],
    rules: { 'no-console': 'off' },
  },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { globals: globals.browser, parserOptions: { parser: ts.parser } },
    rules: {
      'svelte/no-at-html-tags': 'error',
      // Every address is made by src/lib/routes.ts; the console always stands at the root of its origin.
      'svelte/no-navigation-without-resolve': 'off',
    },
  },
  // Types in components are svelte-check's to judge: it sees them whole, and in half the time.
  { files: ['**/*.svelte'], extends: [ts.configs.disableTypeChecked] },
  { files: ['**/*.js'], extends: [ts.configs.disableTypeChecked] },
);
