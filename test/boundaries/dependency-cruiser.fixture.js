import cruiser, { boundaries } from '../../.dependency-cruiser.js';

/** The project's own rules, aimed at a small tree that breaks them. */
export default {
  forbidden: boundaries('^test/boundaries/fixture/'),
  options: { ...cruiser.options, exclude: { path: 'node_modules' } },
};
