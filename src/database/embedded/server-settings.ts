/**
 * What the embedded server runs with, given on its command line so that it holds for older data directories too; what is not
 * named here can be set in postgresql.conf. It serves one small program on one machine, mostly idle.
 */
export const SERVER_SETTINGS: Readonly<Record<string, string>> = {
  // Only this machine, only TCP: a socket in /tmp would be one more door, and its path has a length limit.
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
  max_connections: "100",
  // Taken from the system as it is used.
  shared_buffers: "128MB",
  // Nothing replicates from here: less is logged, and no process waits to send it.
  wal_level: "minimal",
  max_wal_senders: "0",
  max_logical_replication_workers: "0",
  max_wal_size: "256MB",
  // The default keeps three processes for reading ahead; the data fit into memory.
  io_method: "sync",
  // Statements here are short: compiling them or starting workers for them costs more than it saves, and
  // parallel plans fill the 64 MB of shared memory that a container has.
  jit: "off",
  max_parallel_workers_per_gather: "0",
  timezone: "UTC",
  log_timezone: "UTC",
  // Startup errors are looked for in the log, in English.
  lc_messages: "C",
  // An expected unique violation is logged, without the user's texts in its statement.
  log_min_error_statement: "panic",
  // Otherwise two lines every five minutes while there is work.
  log_checkpoints: "off",
  // Recognizable in a list of processes.
  cluster_name: "storymill",
};
