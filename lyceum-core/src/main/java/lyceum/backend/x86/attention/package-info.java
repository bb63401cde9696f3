/**
 * Attention in machine code: {@link lyceum.backend.x86.attention.X86Attention} is where a call arrives.
 *
 * <p>Everything is one product of small tiles ({@code TileProduct}) and one pass over scores ({@code ScoreColumns}). Scores lie as columns: a lane is a
 * query, a row is a key. So the softmax of a query needs nothing across lanes, keys and values are read from where they lie (strided, in pages,
 * shared by heads), and only the queries are transposed, once a block. Java walks over blocks and decides what is seen; a call into machine
 * code does a microsecond of work or more, which makes the calls' few nanoseconds vanish. {@code Forward} and {@code BackwardPass} are that walk; for
 * few queries (decoding) {@code KeyDots} reads the keys with vectors along them, at memory speed, from all their pages in one call, and scores lie as rows
 * ({@code ScoreRows}): lanes are keys then, and none is idle.
 *
 * <p>The forward pass of BF16 by tiles ({@code TileForward}, {@code TileBlock}) has its scores the other way round, a row for each query, as tiles want weights; keys and
 * values are packed for them, once for all the queries of a task.
 *
 * <p>What a result depends on: the shape and the CPU, never the number of threads. A task is a block of queries (forward) or the keys of a head (backward),
 * and adds up in one order.
 */
package lyceum.backend.x86.attention;
