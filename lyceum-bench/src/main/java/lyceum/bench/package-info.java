/**
 * Benchmarks side by side with the peers, in one run: {@code ./lyceum bench core|learn|studio|acceptance [--json]}. Start at
 * {@link lyceum.bench.Main}. A ratio above 1 means that Lyceum is better; only ratios within one run are comparable. Peers come by the Maven
 * profile {@code peers}; without one its columns stay empty.
 */
package lyceum.bench;
