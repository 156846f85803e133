import tseslint from 'typescript-eslint';

/** Folders whose code must be deterministic and free of I/O: the caller gives bytes, keys and time. */
const PURE = ['dissectors/**/*.ts', 'engine/**/*.ts', 'rules/**/*.ts'];

const forbiddenGlobals = [
  'Date',
  'process',
  'Buffer',
  'console',
  'performance',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'fetch',
].map((name) => ({ name, message: 'pure code: the caller gives time, bytes and output' }));

export default tseslint.config(
  { ignores: ['dist', 'node_modules', 'coverage'] },
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {
      // One program for all files; the service of editors would take a third longer.
      parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      eqeqeq: 'error',
      'prefer-const': 'error',
      'no-var': 'error',
      // Numbers in messages are the point of a packet tool.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // There are no enums: erasableSyntaxOnly refuses them.
      '@typescript-eslint/no-unsafe-enum-assignment': 'off',
      '@typescript-eslint/no-unsafe-enum-comparison': 'off',
      'no-restricted-syntax': [
        'error',
        {
          selector: 'ExportDefaultDeclaration',
          message: 'named exports only (rules, found by listing, aside)',
        },
      ],
    },
  },
  { files: PURE, rules: { 'no-restricted-globals': ['error', ...forbiddenGlobals] } },
  { files: ['rules/**/*.ts', '*.config.ts'], rules: { 'no-restricted-syntax': 'off' } },
);
