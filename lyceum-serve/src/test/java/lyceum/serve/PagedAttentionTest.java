package lyceum.serve;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import lyceum.DType;
import lyceum.nn.AttentionConfig;
import lyceum.nn.PositionalEncoding;
import lyceum.nn.RelativePosition;
import lyceum.nn.RotaryEmbedding;
import lyceum.random.Rng;
import lyceum.serve.schedule.BlockPool;
import lyceum.serve.schedule.BlockTable;
import lyceum.serve.schedule.Reservations;
import lyceum.serve.schedule.SchedulerOptions;
import lyceum.serve.simulate.Arrival;
import lyceum.tensor.Attention;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class PagedAttentionTest {
    private static final int[][] GROUPS = {{4, 4}, {4, 2}, {6, 3}, {4, 1}, {1, 1}, {8, 2}};

    /** What one sequence's queries find, in F64 with keys and values side by side. */
    private static Tensor contiguous(Attention attention, Tensor q, Tensor k, Tensor v) {
        return attention.withMethod(Attention.Method.NAIVE).of(q.to(DType.F64), k.to(DType.F64), v.to(DType.F64));
    }

    /** (T, heads, d) to (1, heads, T, d). */
    private static Tensor row(Tensor x) { return x.transpose(0, 1).unsqueeze(0); }

    @Acceptance(topic = "paged-attention", clause = 1)
    @Test void pagesAttendAsOneBlockOfMemory() {
        var rng = Rng.of(1);
        double gap = 0;
        int tables = 0, prefills = 0, decodes = 0, scattered = 0;
        for (int round = 0; tables < 200; round++) {
            int[] heads = GROUPS[round % GROUPS.length];
            int d = 4 << rng.nextInt(3), blockSize = new int[] {1, 2, 4, 8, 16}[rng.nextInt(5)], rows = 1 + rng.nextInt(8);
            var pool = new BlockPool(rows * (64 / blockSize + 2) * 2, blockSize);
            var config = new AttentionConfig(heads[0] * d, heads[0]).withKeyHeads(heads[1]);
            var cache = new PagedKvCache(List.of(config), pool, DType.F32);
            var layer = cache.layer(0);
            var attention = new Attention().withCausal(true);
            if (round % 5 == 4) attention = attention.withWindow(1 + rng.nextInt(20));
            shuffle(pool, rng);
            var open = new ArrayList<BlockTable>();
            var keys = new ArrayList<Tensor>();
            var values = new ArrayList<Tensor>();
            for (int r = 0; r < rows; r++) open.add(pool.open(64));
            for (int r = 0; r < rows; r++) {
                keys.add(Tensor.zeros(0, heads[1], d));
                values.add(Tensor.zeros(0, heads[1], d));
            }
            for (int step = 0; step < 3; step++) { // prompts or parts of them, mixed with single positions
                var counts = new int[rows];
                var pieces = new ArrayList<PagedKvCache.Piece>();
                var order = new ArrayList<Integer>();
                for (int r = 0; r < rows; r++) counts[r] = step == 0 ? 1 + rng.nextInt(30) : rng.nextInt(2) == 0 ? 1 : 1 + rng.nextInt(12);
                for (int r = 0; r < rows; r++) if (counts[r] == 1) order.add(r);
                for (int r = 0; r < rows; r++) if (counts[r] > 1) order.add(r);
                int all = 0;
                for (int r : order) {
                    var table = open.get(r);
                    assertThat(table.grow(counts[r])).isTrue();
                    pieces.add(new PagedKvCache.Piece(table, table.length() - counts[r], counts[r]));
                    all += counts[r];
                }
                Tensor q = Tensor.randn(rng, all, heads[0], d), k = Tensor.randn(rng, all, heads[1], d),
                        v = Tensor.randn(rng, all, heads[1], d);
                cache.at(pieces);
                var found = layer.attend(q.unsqueeze(2), k.unsqueeze(2), v.unsqueeze(2), PositionalEncoding.none(), attention);
                int at = 0;
                for (int r : order) {
                    keys.set(r, Tensor.concat(0, keys.get(r), k.narrow(0, at, counts[r])).compute());
                    values.set(r, Tensor.concat(0, values.get(r), v.narrow(0, at, counts[r])).compute());
                    var hand = contiguous(attention, row(q.narrow(0, at, counts[r])), row(keys.get(r)), row(values.get(r)));
                    var ours = row(found.narrow(0, at, counts[r]).squeeze(2)).to(DType.F64);
                    gap = Math.max(gap, ours.sub(hand).abs().max().item());
                    at += counts[r];
                    if (counts[r] == 1) decodes++;
                    else prefills++;
                }
            }
            for (var table : open) {
                tables++;
                for (int i = 1; i < table.count(); i++) if (table.block(i) != table.block(i - 1) + 1) {
                    scattered++;
                    break;
                }
            }
        }
        Evidence.of("block tables", tables, atLeast(200));
        Evidence.of("tables that are scattered", scattered, atLeast(100));
        Evidence.of("prefills", prefills, atLeast(200));
        Evidence.of("decoding steps", decodes, atLeast(200));
        Evidence.of("against attention side by side in F64", gap, atMost(1e-5));
    }

    /** Blocks come back in a random order. */
    private static void shuffle(BlockPool pool, Rng rng) {
        var open = new ArrayList<BlockTable>();
        while (pool.freeBlocks() > 0) {
            var table = pool.open(pool.blockSize());
            table.grow(1);
            open.add(table);
        }
        while (!open.isEmpty()) open.remove(rng.nextInt(open.size())).close();
    }

    /** The trace of the clause: prompts and outputs lognormal, 32 at once, 16 slots a block, 2,048 positions at most. */
    @Acceptance(topic = "paged-attention", clause = 2)
    @Test void wasteIsUnderABlockASequence() {
        int most = 2048, blockSize = 16;
        var trace = Arrival.poisson(200, Double.POSITIVE_INFINITY, Arrival.lognormal(300, 0.6, 1500), Arrival.lognormal(250, 0.8, 540),
                Rng.of(3));
        var paged = new BlockPool(32 * most / blockSize, blockSize);
        var reserved = new Reservations(32 * most / blockSize, blockSize);
        var pages = new ArrayList<BlockTable>();
        var lines = new ArrayList<BlockTable>();
        var ends = new ArrayList<Integer>();
        long pagedWaste = 0, pagedAll = 0, lineWaste = 0, lineAll = 0, looks = 0;
        int worst = 0, next = 0;
        while (next < trace.size() || !pages.isEmpty()) {
            while (next < trace.size() && pages.size() < 32) {
                var request = trace.get(next++);
                pages.add(paged.open(most));
                lines.add(reserved.open(most));
                pages.getLast().grow(request.prompt().length);
                lines.getLast().grow(request.prompt().length);
                ends.add(request.prompt().length + request.output());
            }
            for (int i = pages.size() - 1; i >= 0; i--) {
                if (pages.get(i).length() < ends.get(i)) {
                    pages.get(i).grow(1);
                    lines.get(i).grow(1);
                } else {
                    pages.remove(i).close();
                    lines.remove(i).close();
                    ends.remove(i);
                }
            }
            for (var table : pages) {
                worst = Math.max(worst, table.unused());
                looks++;
            }
            pagedWaste += paged.reservedSlots() - paged.usedSlots();
            pagedAll += paged.reservedSlots();
            lineWaste += reserved.reservedSlots() - reserved.usedSlots();
            lineAll += reserved.reservedSlots();
        }
        Evidence.of("sequences looked at, step by step", looks, atLeast(10_000));
        Evidence.of("unused slots of a live sequence, most", worst, below(blockSize));
        Evidence.of("slots wasted in pages", (double) pagedWaste / pagedAll, below(0.04));
        Evidence.of("slots wasted by reservation", (double) lineWaste / lineAll, above(0.5));
        Evidence.of("blocks free at the end", paged.freeBlocks(), exactly(paged.blocks()));
    }

    @Acceptance(topic = "paged-attention", clause = 4)
    @Test void samplesOfOnePromptShareItsBlocks() {
        for (int length : new int[] {512, 505}) {
            var pool = new BlockPool(600, 16);
            var first = pool.open(600);
            first.grow(length);
            int one = pool.blocks() - pool.freeBlocks();
            var samples = new ArrayList<>(List.of(first));
            for (int i = 1; i < 8; i++) samples.add(first.fork());
            int eight = pool.blocks() - pool.freeBlocks();
            Evidence.of("blocks of 8 samples over those of one prompt of " + length, (double) eight / one, below(1.2));
            for (var sample : samples) assertThat(sample.length()).isEqualTo(length);
            for (var sample : samples) assertThat(sample.grow(1)).isTrue(); // they part: each has a last block of its own
            assertThat(samples.stream().map(s -> s.block(s.count() - 1)).distinct().count()).isEqualTo(8);
            assertThat(pool.blocks() - pool.freeBlocks()).isEqualTo(one + (length == 512 ? 8 : 7));
        }
    }

    @Test void turnsQueriesAndKeysByTheirOwnPositions() {
        var rope = new RotaryEmbedding(8, 10_000);
        var pool = new BlockPool(8, 4);
        var cache = new PagedKvCache(List.of(new AttentionConfig(16, 2).withPositions(rope)), pool, DType.F32);
        var table = pool.open(20);
        table.grow(9);
        cache.at(List.of(new PagedKvCache.Piece(table, 0, 9)));
        Tensor q = Tensor.randn(Rng.of(1), 9, 2, 8), k = Tensor.randn(Rng.of(2), 9, 2, 8), v = Tensor.randn(Rng.of(3), 9, 2, 8);
        var attention = new Attention().withCausal(true);
        var found = cache.layer(0).attend(q.unsqueeze(2), k.unsqueeze(2), v.unsqueeze(2), rope, attention);
        var hand = contiguous(attention, rope.turned(row(q), 0), rope.turned(row(k), 0), row(v));
        assertThat(row(found.squeeze(2)).to(DType.F64).sub(hand).abs().max().item()).isLessThan(1e-5);
    }

    /** Prompts of one length and single positions in any order; each turned by its own places, in floats and in bytes, also where attention is made of tensor operations. */
    @Test void piecesFindTogetherWhatTheyFindAlone() {
        int[][] starts = {{0, 5}, {3, 5}, {9, 1}, {17, 1}, {2, 3}, {0, 3}, {6, 3}, {4, 2}};
        var rope = new RotaryEmbedding(8, 10_000);
        for (var stored : new DType[] {DType.F32, DType.BF16, DType.I8}) for (double softCap : new double[] {0, 5}) {
            var pool = new BlockPool(64, 4);
            var config = new AttentionConfig(32, 4).withKeyHeads(2).withPositions(rope);
            var cache = new PagedKvCache(List.of(config), pool, stored);
            var attention = new Attention().withCausal(true).withSoftCap(softCap);
            var rng = Rng.of(7);
            var pieces = new ArrayList<PagedKvCache.Piece>();
            int all = 0;
            for (int[] piece : starts) {
                var table = pool.open(20);
                table.grow(piece[0] + piece[1]);
                if (piece[0] > 0)
                    attend(cache, List.of(new PagedKvCache.Piece(table, 0, piece[0])), rope, attention, inputs(rng, piece[0]));
                pieces.add(new PagedKvCache.Piece(table, piece[0], piece[1]));
                all += piece[1];
            }
            var x = inputs(rng, all);
            var together = attend(cache, pieces, rope, attention, x);
            int at = 0;
            for (var piece : pieces) {
                var own = new Tensor[3];
                for (int i = 0; i < 3; i++) own[i] = x[i].narrow(0, at, piece.count());
                var alone = attend(cache, List.of(piece), rope, attention, own);
                assertThat(together.narrow(0, at, piece.count()).sub(alone).abs().max().item()).as("%s of %s", piece, stored)
                        .isLessThan(1e-6);
                at += piece.count();
            }
        }
    }

    private static Tensor[] inputs(Rng rng, int n) {
        return new Tensor[] {Tensor.randn(rng, n, 4, 1, 8).compute(), Tensor.randn(rng, n, 2, 1, 8).compute(),
                Tensor.randn(rng, n, 2, 1, 8).compute()};
    }

    private static Tensor attend(PagedKvCache cache, List<PagedKvCache.Piece> pieces, RotaryEmbedding rope, Attention attention,
            Tensor[] x) {
        cache.at(pieces);
        return cache.layer(0).attend(x[0], x[1], x[2], rope, attention);
    }

    @Test void refusesWhatHasNoPages() {
        var pool = new BlockPool(8, 4);
        var config = new AttentionConfig(16, 2);
        assertThatThrownBy(() -> new PagedKvCache(List.of(config), pool, DType.I64)).hasMessageContaining("I64");
        var buckets = config.withPositions(new RelativePosition.Buckets(32, 128, true, false));
        assertThatThrownBy(() -> new PagedKvCache(List.of(buckets), pool, DType.F32)).hasMessageContaining("no pages");
        var table = pool.open(8);
        table.grow(2);
        assertThatThrownBy(() -> new PagedKvCache.Piece(table, 0, 3)).hasMessageContaining("grow the table first");
        assertThatThrownBy(() -> table.grow(7)).hasMessageContaining("opened for 8");
        assertThatThrownBy(() -> new SchedulerOptions().withChunk(0)).hasMessageContaining("chunk 0");
    }
}
