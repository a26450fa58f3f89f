/** What loads depend on that show figures of the present: a tick of the server's events refreshes them. */
export const figures = 'plumbline:figures';
/** What loads depend on that show a replay under way: it refreshes faster than figures. */
export const replays = 'plumbline:replays';
/** What loads depend on that show how far a bulk change has come. */
export const bulks = 'plumbline:bulks';
