import { exitWithParent } from './exit-with-parent.ts';

// Loaded with --import into processes that do not know of their supervisor: they are told as an operator would.
exitWithParent(() => process.kill(process.pid, 'SIGTERM'));
