package lyceum.serve.schedule;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import lyceum.random.Rng;
import lyceum.serve.simulate.Arrival;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class BlockPoolTest {
    /** Contents of each block as a test would write them, copied when the pool says so. */
    private static final class Contents implements BlockMover {
        final int[][] slots;

        Contents(int blocks, int size) { slots = new int[blocks][size]; }

        @Override public void copy(int from, int to) { slots[to] = slots[from].clone(); }
    }

    /** A sequence as a list of what was written, and its table. */
    private record Model(BlockTable table, List<Integer> written) {}

    /** Blocks by need, under random operations, against lists of what each sequence wrote. */
    private static int[] play(int operations, int blocks, int size, long seed) {
        var pool = new BlockPool(blocks, size);
        var contents = new Contents(blocks, size);
        pool.moving(contents);
        var live = new ArrayList<Model>();
        var rng = Rng.of(seed);
        int forks = 0, refused = 0, wrong = 0, number = 0;
        for (int i = 0; i < operations; i++) {
            int what = rng.nextInt(10);
            if (live.isEmpty() || what == 0 && live.size() < 40) live.add(new Model(pool.open(200), new ArrayList<>()));
            else if (what == 1 && live.size() < 40) {
                var from = live.get(rng.nextInt(live.size()));
                live.add(new Model(from.table.fork(), new ArrayList<>(from.written)));
                forks++;
            } else if (what == 2) live.remove(rng.nextInt(live.size())).table.close();
            else if (what == 3) {
                var one = live.get(rng.nextInt(live.size()));
                int to = rng.nextInt(one.written.size() + 1);
                one.table.truncate(to);
                while (one.written.size() > to) one.written.removeLast();
            } else {
                var one = live.get(rng.nextInt(live.size()));
                int n = Math.min(1 + rng.nextInt(2 * size), 200 - one.written.size());
                int before = pool.freeBlocks(), needs = one.table.needed(n);
                if (!one.table.grow(n)) {
                    refused++;
                    if (needs <= before || pool.freeBlocks() != before || one.table.length() != one.written.size()) wrong++;
                } else for (int p = 0; p < n; p++) {
                    int at = one.written.size(), slot = one.table.slot(at);
                    contents.slots[slot / size][slot % size] = ++number;
                    one.written.add(number);
                }
            }
            wrong += faults(pool, live, i % 100 == 0 ? contents : null);
        }
        for (var one : live) one.table.close();
        return new int[] {wrong, pool.freeBlocks(), forks, refused, pool.sequences()};
    }

    /** Blocks whose count of references is not that of the tables, free ones that are in a table or twice free, slots whose contents are not what was written. */
    private static int faults(BlockPool pool, List<Model> live, Contents contents) {
        int wrong = 0;
        var counts = new int[pool.blocks()];
        var filled = new int[pool.blocks()];
        for (var one : live) for (int i = 0; i < one.table.count(); i++) {
            int block = one.table.block(i);
            counts[block]++;
            filled[block] = Math.max(filled[block], Math.min(pool.blockSize(), one.table.length() - i * pool.blockSize()));
        }
        if (pool.usedSlots() != Arrays.stream(filled).sum()) wrong++;
        for (int b = 0; b < counts.length; b++) if (counts[b] != pool.references(b)) wrong++;
        var free = new HashSet<Integer>();
        for (int block : pool.free()) if (!free.add(block) || counts[block] > 0) wrong++;
        for (int b = 0; b < counts.length; b++) if (counts[b] == 0 && !free.contains(b)) wrong++;
        if (contents != null) for (var one : live) for (int p = 0; p < one.written.size(); p++) {
            int slot = one.table.slot(p);
            if (contents.slots[slot / pool.blockSize()][slot % pool.blockSize()] != one.written.get(p)) wrong++;
        }
        return wrong;
    }

    @Acceptance(topic = "paged-attention", clause = 3)
    @Test void tenThousandOperationsBalance() {
        var end = play(10_000, 96, 8, 1);
        Evidence.of("blocks with wrong counts, lost, twice free or overwritten", end[0], exactly(0));
        Evidence.of("free blocks at the end of 96", end[1], exactly(96));
        Evidence.of("forks", end[2], atLeast(500));
        Evidence.of("refused for want of blocks", end[3], atLeast(50));
        assertThat(end[4]).isZero();
    }

    @Acceptance(topic = "paged-vs-contiguous-kv", clause = 4)
    @Test void aHundredThousandOperationsLoseNothing() {
        int wrong = 0, free = 0, forks = 0;
        for (long seed = 1; seed <= 4; seed++) {
            var end = play(25_000, 60, 4, 10 + seed);
            wrong += end[0];
            free += end[1];
            forks += end[2];
        }
        Evidence.of("operations", 4 * 25_000, exactly(100_000));
        Evidence.of("invariants broken after any of them", wrong, exactly(0));
        Evidence.of("free blocks at the ends", free, exactly(4 * 60));
        Evidence.of("forks", forks, atLeast(4000));
    }

    @Acceptance(topic = "paged-vs-contiguous-kv", clause = 2)
    @Test void wasteIsWhatIsReservedAndNotFilled() {
        var rng = Rng.of(4);
        int wrong = 0, looks = 0, worst = Integer.MIN_VALUE;
        for (int round = 0; round < 100; round++) {
            int size = 1 + rng.nextInt(16);
            var pages = new BlockPool(4000, size);
            var line = new Reservations(4000 * size, 1);
            long sum = 0;
            var open = new ArrayList<BlockTable>();
            for (int s = 0; s < 20; s++) {
                int most = 1 + rng.nextInt(300), length = rng.nextInt(most + 1);
                open.add(pages.open(most));
                open.getLast().grow(length);
                worst = Math.max(worst, open.getLast().unused() - size);
                line.open(most).grow(length);
                sum += most - length;
                looks++;
            }
            if (line.reservedSlots() - line.usedSlots() != sum) wrong++;
            if (pages.reservedSlots() - pages.usedSlots() >= 20L * size) wrong++;
        }
        Evidence.of("sequences", looks, exactly(2000));
        Evidence.of("unused slots of a sequence, less a block", worst, below(0));
        Evidence.of("rounds in which reserved waste is not the sum of (most - length), or paged waste a block a sequence", wrong,
                exactly(0));
    }

    @Acceptance(topic = "paged-vs-contiguous-kv", clause = 3)
    @Test void theSameMemoryAdmitsTwiceAsMany() {
        int most = 2048, slots = 64 * 1024;
        var lengths = Arrival.lognormal(300, 1, most);
        var rng = Rng.of(5);
        var pages = new BlockPool(slots / 16, 16);
        var line = new Reservations(slots / 16, 16);
        int paged = 0, reserved = 0;
        while (line.open(most) != null) reserved++;
        while (true) {
            var table = pages.open(most);
            if (!table.grow(lengths.applyAsInt(rng))) break;
            paged++;
        }
        Evidence.of("sequences admitted in pages over those in reservations", (double) paged / reserved, atLeast(2));
        assertThat(reserved).isEqualTo(slots / most);
    }

    @Test void reservationsTakeTheFirstGapThatIsWideEnough() {
        var line = new Reservations(10, 4);
        BlockTable a = line.open(12), b = line.open(8), c = line.open(16); // 3, 2 and 4 blocks
        assertThat(c.toArray()).containsExactly(5, 6, 7, 8);
        b.close();
        assertThat(line.open(12)).isNull(); // 3 are free, not side by side
        assertThat(line.open(5).toArray()).containsExactly(3, 4);
        assertThat(line.open(4).block(0)).isEqualTo(9);
        a.grow(12);
        assertThatThrownBy(() -> a.grow(1)).hasMessageContaining("opened for 12");
        assertThat(line.occupancy()).isEqualTo(1);
    }

    @Test void refusesWhatCannotBe() {
        assertThatThrownBy(() -> new BlockPool(0, 4)).hasMessageContaining("0 blocks");
        var pool = new BlockPool(4, 4);
        assertThatThrownBy(() -> pool.open(17)).hasMessageContaining("17 positions in 4 blocks of 4");
        assertThatThrownBy(() -> pool.release(0)).hasMessageContaining("free already");
        assertThatThrownBy(() -> pool.retain(0)).hasMessageContaining("is free");
        var table = pool.open(16);
        table.close();
        table.close();
        assertThatThrownBy(() -> table.grow(1)).hasMessageContaining("closed");
    }
}
