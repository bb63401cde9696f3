package lyceum.backend;

import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.backend.CacheHierarchy.Level;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class CacheHierarchyTest {
    private static final int LINE = 64, BYTES = 8, PER_LINE = LINE / BYTES;

    private static long misses(AddressTrace trace, Level level) {
        var caches = new CacheHierarchy(level);
        trace.play(caches);
        return caches.misses(0);
    }

    private static double gap(AddressTrace trace, int lines, double analytic) {
        return Math.abs(misses(trace, Level.fullyAssociative("LRU", (long) lines * LINE, LINE)) / analytic - 1);
    }

    @Test
    @Acceptance(topic = "roofline", clause = 4) void productsMissAsOftenAsTheAnalysisSays() {
        double worst = 0;
        int cases = 0;
        // Everything fits: each of the three matrices is fetched once. Three matrices take at most half of the cache.
        for (int n : new int[] {16, 24, 32, 40}) {
            int lines = 2 * 3 * n * n / PER_LINE;
            worst = Math.max(worst, gap(AddressTrace.product(n, BYTES), lines, 3.0 * n * n / PER_LINE));
            cases++;
        }
        // A column's lines fit twice over, B does not by half: B is fetched for every row, line by line.
        for (int n : new int[] {128, 160, 192}) {
            int lines = 2 * (n + n / PER_LINE + 1);
            assertThat((double) n * n / PER_LINE).as("lines of B").isGreaterThanOrEqualTo(2 * lines);
            worst = Math.max(worst, gap(AddressTrace.product(n, BYTES), lines, Math.pow(n, 3) / PER_LINE + 2.0 * n * n / PER_LINE));
            cases++;
        }
        // Not even half of a column's lines fit: every element of B is a miss, and a row of A is fetched for every column.
        for (int n : new int[] {64, 128, 160}) {
            int lines = n / 2;
            worst = Math.max(worst,
                    gap(AddressTrace.product(n, BYTES), lines, Math.pow(n, 3) + Math.pow(n, 3) / PER_LINE + (double) n * n));
            cases++;
        }
        Evidence.of("cases of the naive product, in three regimes", cases, exactly(10));
        Evidence.of("largest gap to the analytic count, naive", worst, atMost(0.05));
        worst = 0;
        cases = 0;
        // Three tiles take at most half of the cache, rows of tiles of A and B at least twice the cache.
        for (int[] size : new int[][] {{128, 8}, {160, 8}, {192, 8}, {256, 16}, {192, 16}}) {
            int n = size[0], tile = size[1], lines = 2 * 3 * tile * tile / PER_LINE;
            assertThat(2.0 * tile * n / PER_LINE).as("lines of two rows of tiles").isGreaterThanOrEqualTo(2 * lines);
            double fetched = 2 * Math.pow(n, 3) / tile / PER_LINE + (double) n * n / PER_LINE;
            worst = Math.max(worst, gap(AddressTrace.tiledProduct(n, tile, BYTES), lines, fetched));
            cases++;
        }
        Evidence.of("cases of the tiled product", cases, exactly(5));
        Evidence.of("largest gap to the analytic count, tiled", worst, atMost(0.05));
    }

    @Test
    @Acceptance(topic = "roofline", clause = 4) void aTraceByHandIsExact() {
        // Two sets of two lines, behind them four sets of two; lines of 16 bytes, named by number. Even lines meet in set 0.
        var caches = new CacheHierarchy(Level.of("L1", 64, 2, 16), Level.of("L2", 128, 2, 16));
        // @formatter:off
        int[][] steps = { // line, 1 for a write, and the level that has it
            {0, 0, 2}, {2, 0, 2}, {0, 0, 0}, {4, 0, 2}, // 2 is the older in L1 and goes
            {2, 0, 1},                                  // in L2; 0 goes from L1
            {4, 1, 0}, {0, 0, 1},                       // 2 goes again; in set 0 of L2, 4 is now older than 0
            {8, 0, 2},                                  // L2 gives 4 up for it, then L1 gives 4 up, marked: L2 takes it and gives 0 up
            {4, 0, 1},                                  // 0 goes from L1
            {1, 0, 2}, {3, 1, 2}, {5, 0, 2}, {1, 0, 1}, // 1 goes for 5; 3, marked, for 1: L2 has it and marks it
            {3, 0, 1},
            {6, 0, 2}, {10, 0, 2}, {2, 0, 2},           // set 2 of L2 held 2 and 6, then 6 and 10
            {0, 0, 2},                                  // set 0 of L2 held 4, marked, and 8, which goes
            {8, 0, 2}};                                 // 4 goes to memory
        // @formatter:on
        int wrong = 0;
        for (var step : steps) {
            int found = step[1] == 1 ? caches.write(step[0] * 16 + 5) : caches.read(step[0] * 16 + 11);
            if (found != step[2]) wrong++;
        }
        Evidence.of("steps of " + steps.length + " by hand that were found elsewhere", wrong, exactly(0));
        Evidence.of("misses of the first level", caches.misses(0), exactly(17));
        Evidence.of("misses of the second", caches.misses(1), exactly(12));
        Evidence.of("lines that the first wrote back", caches.writeBacks(0), exactly(2));
        Evidence.of("and the second", caches.writeBacks(1), exactly(1));
    }

    @Test
    @Acceptance(topic = "roofline", clause = 4) void powersOfTwoMeetInOneSet() {
        var eight = Level.of("L1", 32 << 10, 8, LINE);
        var any = Level.fullyAssociative("LRU", 32 << 10, LINE);
        var meeting = AddressTrace.strided(64, 4096, 10);
        var spread = AddressTrace.strided(64, 4096 + LINE, 10);
        Evidence.of("conflict misses at a stride of 4096 bytes, 64 lines ten times", misses(meeting, eight) - misses(meeting, any),
                exactly(576));
        Evidence.of("at a stride of 4160 bytes", misses(spread, eight) - misses(spread, any), exactly(0));
        Evidence.of("cold misses", misses(meeting, any), exactly(64));
    }

    /** A set as a list, the last used at its end. */
    private static final class Lists {
        private final List<LinkedHashMap<Long, Boolean>> sets;
        private final Level level;
        long misses, writeBacks;

        Lists(Level level) {
            this.level = level;
            sets = IntStream.range(0, level.sets()).mapToObj(i -> new LinkedHashMap<Long, Boolean>()).toList();
        }

        void touch(long address, boolean write) {
            long line = Math.floorDiv(address, level.line());
            var set = sets.get((int) Math.floorMod(line, (long) level.sets()));
            var mark = set.remove(line);
            if (mark == null) misses++;
            if (mark == null && set.size() == level.ways() && set.pollFirstEntry().getValue()) writeBacks++;
            set.put(line, write || mark != null && mark);
        }
    }

    @Test void randomTracesEqualListsOfLines() {
        var rng = Rng.of(4);
        var levels = new ArrayList<Level>();
        for (int ways : new int[] {1, 2, 3, 8})
            for (int sets : new int[] {1, 2, 5, 16}) levels.add(Level.of("L", 32L * ways * sets, ways, 32));
        for (var level : levels) {
            var caches = new CacheHierarchy(level);
            var lists = new Lists(level);
            for (int i = 0; i < 3000; i++) {
                long address = rng.nextLong(3 * level.bytes()) - level.bytes();
                boolean write = rng.nextLong(4) == 0;
                if (write) caches.write(address);
                else caches.read(address);
                lists.touch(address, write);
            }
            assertThat(caches.misses(0)).as(level.toString()).isEqualTo(lists.misses).isGreaterThan(100);
            assertThat(caches.writeBacks(0)).as(level.toString()).isEqualTo(lists.writeBacks);
            assertThat(caches.hits(0)).isEqualTo(3000 - lists.misses);
            assertThat(caches.bytesBehind(0)).isEqualTo(32 * (lists.misses + lists.writeBacks));
        }
    }

    @Test void levelsThatDoNotFitSaySo() {
        assertThatThrownBy(() -> Level.of("L1", 1000, 8, 64))
                .hasMessage("CacheHierarchy: L1 of 1000 bytes in 8 ways of lines of 64; bytes are a multiple of ways times line");
        assertThatThrownBy(() -> new CacheHierarchy(Level.of("L1", 512, 8, 64), Level.of("L2", 512, 8, 32)))
                .hasMessageContaining("equally long");
        assertThatThrownBy(CacheHierarchy::new).hasMessageContaining("at least one");
        assertThatThrownBy(() -> AddressTrace.tiledProduct(10, 4, 8)).hasMessageContaining("divide");
    }
}
