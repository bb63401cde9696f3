package lyceum.serve;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.nn.AttentionConfig;
import lyceum.nn.PositionalEncoding;
import lyceum.random.Rng;
import lyceum.serve.schedule.BlockPool;
import lyceum.serve.schedule.BlockTable;
import lyceum.serve.schedule.KvAllocator;
import lyceum.serve.schedule.Reservations;
import lyceum.tensor.Attention;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class KvAllocatorTest {
    private static final int HEADS = 4, KEYS = 2, D = 8;

    private static PagedKvCache cache(KvAllocator memory, DType stored) {
        return new PagedKvCache(List.of(new AttentionConfig(HEADS * D, HEADS).withKeyHeads(KEYS)), memory, stored);
    }

    @Acceptance(topic = "paged-vs-contiguous-kv", clause = 1)
    @Test void attentionThroughBothIsTheReference() {
        var attention = new Attention().withCausal(true);
        for (var memory : List.of(new BlockPool(200, 8), new Reservations(200, 8), new Reservations(1600, 1))) {
            var cache = cache(memory, DType.F32);
            double gap = 0;
            int compared = 0;
            for (int round = 0; round < 40; round++) {
                var rng = Rng.of(round);
                int n = 1 + rng.nextInt(90);
                var table = memory.open(100);
                Tensor q = Tensor.randn(rng, n, HEADS, D), k = Tensor.randn(rng, n, KEYS, D), v = Tensor.randn(rng, n, KEYS, D);
                var hand = attention.withMethod(Attention.Method.NAIVE).of(row(q), row(k), row(v));
                int at = 0;
                while (at < n) { // a prompt in pieces, then position by position
                    int count = at < n / 2 ? Math.min(n - at, 1 + rng.nextInt(20)) : 1;
                    table.grow(count);
                    cache.at(List.of(new PagedKvCache.Piece(table, at, count)));
                    var found = cache.layer(0).attend(q.narrow(0, at, count).unsqueeze(2), k.narrow(0, at, count).unsqueeze(2),
                            v.narrow(0, at, count).unsqueeze(2), PositionalEncoding.none(), attention);
                    gap = Math.max(gap, row(found.squeeze(2)).to(DType.F64).sub(hand.narrow(2, at, count)).abs().max().item());
                    at += count;
                    compared++;
                }
                if (round % 3 > 0) table.close(); // others lie in the way
            }
            var name = memory.getClass().getSimpleName() + " of " + memory.blockSize();
            Evidence.of("calls through " + name, compared, atLeast(500));
            Evidence.of("largest gap through " + name, gap, atMost(1e-6));
        }
    }

    private static Tensor row(Tensor x) { return x.transpose(0, 1).unsqueeze(0).to(DType.F64); }

    @Acceptance(topic = "paged-vs-contiguous-kv", clause = 5)
    @Test void aForkThatWritesChangesItsOwnAlone() {
        for (var stored : new DType[] {DType.F32, DType.BF16, DType.I8})
            for (var memory : List.of(new BlockPool(300, 8), new Reservations(300, 8))) {
                var cache = cache(memory, stored);
                int changed = 0, alike = 0, compared = 0;
                for (int length = 1; length <= 40; length++) {
                    var first = memory.open(60);
                    write(cache, first, length, Rng.of(length));
                    var before = cache.read(0, first, 0, length);
                    BlockTable second = first.fork(), third = second.fork();
                    write(cache, second, 3, Rng.of(1000 + length));
                    write(cache, first, 2, Rng.of(2000 + length));
                    write(cache, third, 1, Rng.of(3000 + length));
                    for (var one : List.of(first, second, third)) {
                        if (!Arrays.equals(before, cache.read(0, one, 0, length))) changed++;
                        compared++;
                    }
                    var behind = new ArrayList<byte[]>();
                    for (var one : List.of(first, second, third)) behind.add(cache.read(0, one, length, 1));
                    if (Arrays.equals(behind.get(0), behind.get(1)) || Arrays.equals(behind.get(1), behind.get(2))) alike++;
                    for (var one : List.of(first, second, third)) one.close();
                }
                var name = memory.getClass().getSimpleName() + " " + stored;
                Evidence.of("beginnings compared, " + name, compared, exactly(120));
                Evidence.of("beginnings that a sister's write changed, " + name, changed, exactly(0));
                Evidence.of("forks that read a sister's write, " + name, alike, exactly(0));
            }
    }

    private static void write(PagedKvCache cache, BlockTable table, int count, Rng rng) {
        int start = table.length();
        table.grow(count);
        cache.at(List.of(new PagedKvCache.Piece(table, start, count)));
        var x = Tensor.randn(rng, count, KEYS, 1, D);
        cache.layer(0).attend(Tensor.randn(rng, count, HEADS, 1, D), x, x.mul(2), PositionalEncoding.none(),
                new Attention().withCausal(true));
    }
}
