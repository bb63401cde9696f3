package lyceum.backend.tile;

import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import lyceum.backend.tile.TileReport.Fault;
import lyceum.backend.tile.TileReport.Kind;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class TileFaultsTest {

    /**
     * Copies n numbers by blocks that begin {@code step} apart, with or without a mask. The faults it makes can be told by counting: a step below the block's size makes
     * neighbours overlap, no mask makes the last block leave, and the first one when all begin {@code early}.
     */
    private static TileKernel copy(int block, int step, int early, boolean masksLoads, boolean masksStores) {
        return TileKernel.of("copy", k -> {
            TileBuffer x = k.buffer("x"), out = k.buffer("out");
            Tile n = k.integer("n"), i = k.programId(0).mul(step).add(k.columns(block)).add(-early), inside = i.lt(n);
            Tile values = masksLoads ? x.load(i, inside, 0) : x.load(i);
            if (masksStores) out.store(i, inside, values);
            else out.store(i, values);
        });
    }

    /** The same for blocks of a matrix whose rows are {@code stride} apart, a block that is too wide for its place. */
    private static TileKernel copyBlocks(int block, int step, boolean masks) {
        return TileKernel.of("copy blocks", k -> {
            TileBuffer x = k.buffer("x"), out = k.buffer("out");
            Tile n = k.integer("n"), i = k.programId(0).mul(step).add(k.rows(block)), j = k.programId(1).mul(step).add(k.columns(block));
            Tile at = i.mul(n).add(j), inside = i.lt(n).and(j.lt(n));
            if (masks) out.store(at, inside, x.load(at, inside, 0));
            else out.store(at, x.load(at, inside, 0));
        });
    }

    @Test
    @Acceptance(topic = "triton-tiles", clause = 5) void everySeededFaultIsReportedAndNoCleanKernelIs() {
        int reported = 0, clean = 0, seeded = 0;
        for (int seed = 0; seed < 20; seed++) {
            var rng = Rng.of(33_700 + seed);
            boolean overlap = seed % 2 == 1, matrix = seed % 4 >= 2, loads = seed % 8 == 0;
            int block = 4 + rng.nextInt(20), n = block * (1 + rng.nextInt(3)) + 1 + rng.nextInt(block - 1); // no multiple of the block
            int step = overlap ? block - 1 - rng.nextInt(block / 2) : block;
            int early = seed == 8 || seed == 12 ? 1 + rng.nextInt(block - 1) : 0; // of those without a mask, one that loads and one that stores
            int size = matrix ? n * n : n;
            int[] grid = matrix ? new int[] {TileKernel.blocks(n, block), TileKernel.blocks(n, block)}
                    : new int[] {TileKernel.blocks(n, block)};
            float[] x = TileCases.numbers(rng, size), out = new float[size];
            TileKernel faulty = matrix ? copyBlocks(block, step, overlap) : copy(block, step, early, overlap || !loads, overlap || loads),
                    sound = matrix ? copyBlocks(block, block, true) : copy(block, block, 0, true, true);
            var expected = matrix ? matrixFaults(n, block, step, grid, overlap)
                    : lineFaults(n, block, step, early, grid[0], overlap, loads ? "x" : "out");
            var found = faulty.bind(grid, x, out, n).check().faults();
            seeded++;
            if (!expected.isEmpty() && places(found).equals(expected)) reported++;
            var report = sound.bind(grid, x, out, n).check();
            if (report.faults().isEmpty()) clean++;
            assertThat(out).isEqualTo(x);
            assertThat(report.loaded()).isEqualTo(size);
            assertThat(report.stored()).isEqualTo(size);
        }
        Evidence.of("seeded faults", seeded, exactly(20));
        Evidence.of("reported, of the right kind and at the right place", reported, exactly(20));
        Evidence.of("sound kernels without a report", clean, exactly(20));
    }

    /** A fault's kind, buffer, program and element, as the first of its tile. */
    private static Set<String> places(List<Fault> faults) {
        var places = new HashSet<String>();
        for (var f : faults) places.add(f.kind() + " " + f.buffer() + " " + f.program() + " " + f.element());
        return places;
    }

    private static Set<String> lineFaults(int n, int block, int step, int early, int programs, boolean overlap, String buffer) {
        var places = new HashSet<String>();
        for (int p = 0; p < programs; p++) {
            int first = p * step - early, end = first + block;
            if (overlap && p > 0 && first < n) places.add(Kind.OVERLAPPING_STORES + " out " + p + " " + first);
            // Masks look at the upper end alone.
            if (first < 0) for (var both : List.of("x", "out")) places.add(Kind.OUT_OF_RANGE + " " + both + " " + p + " " + first);
            if (!overlap && end > n) places.add(Kind.OUT_OF_RANGE + " " + buffer + " " + p + " " + n);
        }
        return places;
    }

    /** By brute force: who wrote where before. Stores without a mask wrap to the next row, which the next program wrote or will. */
    private static Set<String> matrixFaults(int n, int block, int step, int[] grid, boolean masked) {
        var places = new HashSet<String>();
        var writers = new ArrayList<Integer>();
        for (int e = 0; e < n * n; e++) writers.add(-1);
        for (int p = 0; p < grid[0] * grid[1]; p++) {
            int overlap = -1, outside = -1;
            var mine = new HashSet<Integer>();
            for (int r = 0; r < block; r++) {
                for (int c = 0; c < block; c++) {
                    int i = p % grid[0] * step + r, j = p / grid[0] * step + c, e = i * n + j;
                    if (masked && (i >= n || j >= n)) continue;
                    if (e >= n * n) {
                        if (outside < 0) outside = e;
                    } else {
                        if (overlap < 0 && (writers.get(e) >= 0 && writers.get(e) != p || mine.contains(e))) overlap = e;
                        writers.set(e, p);
                        mine.add(e);
                    }
                }
            }
            if (overlap >= 0) places.add(Kind.OVERLAPPING_STORES + " out " + p + " " + overlap);
            if (outside >= 0) places.add(Kind.OUT_OF_RANGE + " out " + p + " " + outside);
        }
        return places;
    }

    @Test void aProgramThatReadsWhatAnotherWritesIsReportedInEitherOrder() {
        for (int shift : new int[] {1, -1}) {
            var inPlace = TileKernel.of("shift", k -> {
                var x = k.buffer("x");
                Tile at = k.programId(0).add(1);
                x.store(at, x.load(at.add(shift)));
            });
            var faults = inPlace.bind(new int[] {3}, new float[5]).check().faults();
            assertThat(faults).extracting(Fault::kind).containsOnly(Kind.READ_AND_WRITE).hasSize(2);
            assertThat(faults.getFirst()).hasToString(shift == 1 ? "program 1 writes x[2], which program 0 read; programs run in any order"
                    : "program 1 reads x[1], which program 0 wrote; programs run in any order");
        }
    }

    @Test void aReaderIsNotForgottenWhenAnotherComes() {
        var kernel = TileKernel.of("read twice", k -> {
            var x = k.buffer("x");
            Tile id = k.programId(0), value = x.load(k.constant(0));
            x.store(id, id.eq(k.constant(1)).and(k.constant(0).lt(1)), value); // program 1 writes x[1] alone
            x.store(k.constant(0), id.eq(k.constant(2)), value); // and program 2 what all have read
        });
        assertThat(kernel.bind(new int[] {3}, new float[3]).check().faults()).extracting(Fault::toString)
                .containsExactly("program 2 writes x[0], which several programs read; programs run in any order");
    }

    @Test void twoParametersThatAreOneArrayAreWatchedTogether() {
        var x = new float[40];
        assertThat(copy(8, 8, 0, true, true).bind(new int[] {5}, x, x, 40).check().faults()).isEmpty();
        var shifted = TileKernel.of("shifted", k -> {
            TileBuffer from = k.buffer("from"), to = k.buffer("to");
            Tile i = k.programId(0);
            to.store(i, from.load(i.add(1)));
        });
        assertThat(shifted.bind(new int[] {3}, x, x).check().faults()).extracting(Fault::kind).containsExactly(Kind.READ_AND_WRITE,
                Kind.READ_AND_WRITE);
    }

    @Test void oneStoreThatWritesTwiceIsReported() {
        var twice = TileKernel.of("twice", k -> k.buffer("out").store(k.columns(4).floorDiv(k.constant(2)), k.full(1, 4, 1)));
        assertThat(twice.bind(new int[] {1}, new float[2]).check().faults()).extracting(Fault::toString)
                .containsExactly("program 0 writes out[0] twice in one store; tiles overlap");
    }
}
