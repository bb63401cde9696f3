package lyceum.backend.tile;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/**
 * Chooses among configurations of a kernel (tile shapes, most often) by running it: successive halving (Jamieson and Talwalkar, 2016). All are run a
 * few times; the faster half is run twice as often, and so on until one is left. The time of a configuration is the least that it ever took. Those that are far off
 * so cost little, and the last ones are told apart by many runs.
 *
 * <p>A kernel is run dozens of times. Buffers that it both reads and writes are replaced by copies while it is tuned; those that it only writes hold its
 * result.
 *
 * @param <C> a configuration, of any type
 */
public final class Autotuner<C> {
    private static final int FIRST_RUNS = 3;
    /** A kernel that has not become faster for so many seconds and runs has been compiled. */
    private static final double SETTLED = 0.2;
    private static final int SETTLED_RUNS = 10;

    /** One configuration's share. @param seconds the least of its {@code runs} */
    public record Trial<C>(C configuration, double seconds, int runs) {}

    private final List<C> configurations;
    private final Map<Object, C> chosen = new ConcurrentHashMap<>();

    /** @throws IllegalArgumentException if there are none */
    public Autotuner(List<C> configurations) {
        if (configurations.isEmpty()) throw new IllegalArgumentException("Autotuner: no configurations; it takes at least one");
        this.configurations = List.copyOf(configurations);
    }

    /**
     * The configuration for {@code key}, tuned at the first call with that key.
     *
     * @param key    what the best choice depends on: sizes, for the most part
     * @param launch the kernel of a configuration, bound to arguments
     */
    public C choose(Object key, TileDevice device, Function<C, TileLaunch> launch) {
        return chosen.computeIfAbsent(key, k -> tune(device, launch).getFirst().configuration());
    }

    /** All configurations, the chosen one first, each with its least time and how often it was run. */
    public List<Trial<C>> tune(TileDevice device, Function<C, TileLaunch> launch) {
        return halve(configuration -> {
            var copies = launch.apply(configuration).onCopies();
            Stopwatch watch = () -> {
                long start = System.nanoTime();
                copies.run(device);
                return (System.nanoTime() - start) * 1e-9;
            };
            warmUp(watch);
            return watch;
        });
    }

    private static void warmUp(Stopwatch watch) {
        double least = Double.POSITIVE_INFINITY, since = 0;
        for (int runs = 0; since < SETTLED || runs < SETTLED_RUNS; runs++) {
            double took = watch.run();
            since += took;
            if (took > 0.95 * least) continue;
            least = took;
            since = 0;
            runs = 0;
        }
    }

    /** Measures one run of a configuration, in seconds. */
    @FunctionalInterface
    interface Stopwatch {
        double run();
    }

    /** With any source of times. */
    List<Trial<C>> halve(Function<C, Stopwatch> prepare) {
        Comparator<Contender<C>> ranks = Comparator.comparingDouble(c -> c.least);
        var all = new ArrayList<Contender<C>>();
        for (var c : configurations) all.add(new Contender<>(c, prepare.apply(c)));
        int left = all.size(), runs = FIRST_RUNS;
        do {
            var field = all.subList(0, left);
            for (int i = 0; i < runs; i++) for (var c : field) c.run(); // in turns, so that a disturbance hits all alike
            field.sort(ranks);
            left = (left + 1) / 2;
            runs *= 2;
        } while (left > 1);
        return all.stream().map(c -> new Trial<>(c.configuration, c.least, c.runs)).toList();
    }

    private static final class Contender<C> {
        final C configuration;
        final Stopwatch watch;
        double least = Double.POSITIVE_INFINITY;
        int runs;

        Contender(C configuration, Stopwatch watch) {
            this.configuration = configuration;
            this.watch = watch;
        }

        void run() {
            least = Math.min(least, watch.run());
            runs++;
        }
    }
}
