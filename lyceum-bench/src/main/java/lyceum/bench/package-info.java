/**
 * Benchmarks side by side with the peers, in one run: {@code ./lyceum bench SUITE}. Start at {@link lyceum.bench.Main}. A {@link lyceum.bench.Suite}
 * says what to measure, {@link lyceum.bench.SideBySide} measures it in turns with each {@link lyceum.bench.Peer}, a process of its own. A ratio above 1
 * means that Lyceum is better; only ratios within one run are comparable. On two threads no sample begins before the peers' spinning threads and this JVM's
 * compilers rest ({@link lyceum.bench.ThreadsAtRest}), and the column {@code line} says how far apart the two run ({@link lyceum.bench.Handover}). libtorch comes by the Maven profile {@code peers}, PyTorch and scikit-learn are
 * Debian's; without one its rows are missing, and a line says so.
 */
package lyceum.bench;
