import { access, constants, mkdir, readFile, rm, statfs, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { commandOf } from '../process/process-identity.ts';
import type { ClickHouseConfig } from './config.ts';

const freeBytesMin = 256 * 1024 * 1024;

/** Where the engine keeps its data, its configuration and the bodies of running inserts. */
export type EngineFiles = { data: string; config: string; spool: string };

// One machine with a product beside the engine: small pools and caches keep an idle engine quiet.
const engineXml = (config: ClickHouseConfig, spool: string): string => `<clickhouse>
  <max_server_memory_usage>${config.memoryBytesMax}</max_server_memory_usage>
  <user_files_path>${spool}/</user_files_path>
  <timezone>UTC</timezone>
  <background_pool_size>2</background_pool_size>
  <background_merges_mutations_concurrency_ratio>2</background_merges_mutations_concurrency_ratio>
  <background_common_pool_size>2</background_common_pool_size>
  <background_move_pool_size>1</background_move_pool_size>
  <background_fetches_pool_size>1</background_fetches_pool_size>
  <background_schedule_pool_size>2</background_schedule_pool_size>
  <max_thread_pool_free_size>64</max_thread_pool_free_size>
  <mark_cache_size>67108864</mark_cache_size>
  <uncompressed_cache_size>0</uncompressed_cache_size>
  <mmap_cache_size>128</mmap_cache_size>
  <index_mark_cache_size>16777216</index_mark_cache_size>
  <query_cache><max_size_in_bytes>67108864</max_size_in_bytes></query_cache>
  <compiled_expression_cache_size>33554432</compiled_expression_cache_size>
  <merge_tree>
    <fsync_after_insert>1</fsync_after_insert>
    <fsync_part_directory>1</fsync_part_directory>
    <number_of_free_entries_in_pool_to_lower_max_size_of_merge>2</number_of_free_entries_in_pool_to_lower_max_size_of_merge>
    <number_of_free_entries_in_pool_to_execute_mutation>2</number_of_free_entries_in_pool_to_execute_mutation>
    <number_of_free_entries_in_pool_to_execute_optimize_entire_partition>2</number_of_free_entries_in_pool_to_execute_optimize_entire_partition>
  </merge_tree>
</clickhouse>
`;

const codeOf = (thrown: unknown): string =>
  thrown instanceof Error && 'code' in thrown ? String(thrown.code) : String(thrown);

const checkWritable = async (folder: string): Promise<void> => {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await access(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (thrown) {
    throw new Error(
      `The data directory ${folder} cannot be written (${codeOf(thrown)}): choose another with PLUMBLINE_DATA_DIR or mend its owner.`,
      {
        cause: thrown,
      },
    );
  }
};

const checkFreeSpace = async (folder: string): Promise<void> => {
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize >= freeBytesMin) return;
  throw new Error(
    `Only ${Math.floor((bavail * bsize) / 1024 / 1024)} MB are free under ${folder} and ClickHouse needs at least 256 MB: free some space.`,
  );
};

/** Pid of the live process whose engine holds this data directory; a number given to another program does not count. */
const holderOf = async (data: string): Promise<number | undefined> => {
  const status = await readFile(path.join(data, 'status'), 'utf8').catch(() => '');
  const pid = Number(/PID: (\d+)/.exec(status)?.[1]);
  if (!Number.isInteger(pid) || pid === process.pid) return undefined;
  return (await commandOf(pid))?.includes('clickhouse/server.ts') ? pid : undefined;
};

const refuseHeld = async (data: string): Promise<void> => {
  const holder = await holderOf(data);
  if (holder === undefined) return;
  throw new Error(
    `The ClickHouse data in ${data} is in use by process ${holder}: stop it, or choose another PLUMBLINE_DATA_DIR.`,
  );
};

/** Creates the folders of the engine, refuses what cannot work, and empties the spool of an earlier run. */
export const prepareEngineFiles = async (config: ClickHouseConfig): Promise<EngineFiles> => {
  const root = path.resolve(config.path);
  const files = {
    data: path.join(root, 'data'),
    config: path.join(root, 'engine.xml'),
    spool: path.join(root, 'spool'),
  };
  await checkWritable(root);
  await checkFreeSpace(root);
  await refuseHeld(files.data);
  await rm(files.spool, { recursive: true, force: true });
  await mkdir(files.spool, { mode: 0o700 });
  await writeFile(files.config, engineXml(config, files.spool), { mode: 0o600 });
  return files;
};
