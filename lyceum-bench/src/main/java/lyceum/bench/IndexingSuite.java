package lyceum.bench;

import java.util.Map;
import java.util.function.Supplier;
import lyceum.DType;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** Picking, adding up and ordering by index: rows and elements, running and segmented reductions, sorting; one to sixteen million numbers. */
final class IndexingSuite implements Suite {
    /** What the best code could do at all is move the bytes; what libraries do is often far from that. */
    private static final double TARGET = 1;

    @Override public void measure(SideBySide bench) {
        rows(bench);
        elements(bench);
        scans(bench);
        segments(bench);
        orders(bench);
    }

    private static void rows(SideBySide bench) {
        for (long[] s : new long[][] {{32768, 768, 8192}, {65536, 16, 262144}}) {
            long table = s[0], width = s[1], picked = s[2];
            var shape = picked + " of " + table + "x" + width;
            measure(bench, "gather rows", shape, picked, width, table, () -> {
                Tensor x = randn(table, width), index = index(table, picked);
                return () -> x.indexSelect(0, index).compute();
            });
            measure(bench, "embedding's gradient", shape, picked, width, table, () -> {
                Tensor g = randn(picked, width), index = index(table, picked);
                return () -> Tensor.zeros(table, width).indexAdd(0, index, g).compute();
            });
        }
    }

    private static void elements(SideBySide bench) {
        for (long n : new long[] {1024, 4096}) {
            measure(bench, "gather elements", n + "x" + n, n, n, n, () -> {
                Tensor x = randn(n, n), index = Tensor.randint(Rng.of(2), 0, n, n, n).compute();
                return () -> x.gather(1, index).compute();
            });
            measure(bench, "scatter-add elements", n + "x" + n, n, n, n, () -> {
                Tensor x = randn(n, n), y = randn(n, n), index = Tensor.randint(Rng.of(2), 0, n, n, n).compute();
                return () -> x.scatterAdd(1, index, y).compute();
            });
        }
    }

    private static void scans(SideBySide bench) {
        for (long[] s : new long[][] {{1024, 1024, 1}, {1024, 1024, 0}, {1, 1 << 24, 1}}) {
            int axis = (int) s[2];
            var shape = s[0] + "x" + s[1] + " along " + axis;
            measure(bench, "running sum", shape, s[0], s[1], axis, () -> over(randn(s[0], s[1]), x -> x.cumsum(axis)));
            measure(bench, "running product", shape, s[0], s[1], axis, () -> over(randn(s[0], s[1]), x -> x.cumprod(axis)));
            measure(bench, "running maximum", shape, s[0], s[1], axis, () -> over(randn(s[0], s[1]), x -> x.cummax(axis)));
        }
    }

    /** Of rows whose numbers are sorted, as the edges of a graph are. */
    private static void segments(SideBySide bench) {
        for (long[] s : new long[][] {{262144, 16, 16384}, {65536, 256, 1024}}) {
            long rows = s[0], width = s[1], segments = s[2];
            var shape = rows + "x" + width + " in " + segments;
            for (var name : new String[] {"sum", "mean", "max"}) {
                measure(bench, "segment " + name, shape, rows, width, segments, () -> {
                    Tensor x = randn(rows, width), index = Tensor.arange(rows).floorDiv(rows / segments).compute();
                    return () -> (switch (name) {
                        case "sum" -> x.segmentSum(index, segments);
                        case "mean" -> x.segmentMean(index, segments);
                        default -> x.segmentMax(index, segments);
                    }).compute();
                });
            }
        }
    }

    private static void orders(SideBySide bench) {
        for (long[] s : new long[][] {{1, 1 << 20}, {1024, 1024}}) {
            var shape = s[0] + "x" + s[1];
            measure(bench, "sort", shape, s[0], s[1], 0, () -> over(randn(s[0], s[1]), x -> x.sort(1).values()));
            measure(bench, "argsort", shape, s[0], s[1], 0, () -> over(randn(s[0], s[1]), x -> x.argsort(1)));
        }
        measure(bench, "top-k", "50 of 64x50257", 64, 50257, 50, () -> over(randn(64, 50257), x -> x.topk(50, 1).values()));
        measure(bench, "argmax", "1024x1024", 1024, 1024, 0, () -> over(randn(1024, 1024), x -> x.argmax(1)));
    }

    private interface Operation {
        Tensor of(Tensor x);
    }

    private static Supplier<?> over(Tensor x, Operation f) { return () -> f.of(x).compute(); }

    private static void measure(SideBySide bench, String name, String shape, long rows, long width, long other,
            Supplier<Supplier<?>> ours) {
        bench.measure(new Case(name, shape, DType.F32, Unit.MICROSECONDS)
                .beside("indexing", Map.of("name", name, "rows", rows, "width", width, "other", other)).atLeast(TARGET), ours);
    }

    private static Tensor randn(long... sizes) { return Tensor.randn(Rng.of(1), sizes).compute(); }

    private static Tensor index(long below, long n) { return Tensor.randint(Rng.of(2), 0, below, n).compute(); }
}
