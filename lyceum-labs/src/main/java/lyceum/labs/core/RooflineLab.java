package lyceum.labs.core;

import static lyceum.labs.Bounds.atLeast;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import lyceum.autograd.Intensity;
import lyceum.backend.AddressTrace;
import lyceum.backend.CacheHierarchy;
import lyceum.backend.CacheHierarchy.Level;
import lyceum.backend.MemoryLevel;
import lyceum.backend.Roofline;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.memory.Scope;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;

/** This machine's roofs, kernels under them, and a simulated cache that tells why tiles move fewer bytes. */
@Lab(topics = "roofline", title = "This machine's roofs, and what stands under them")
final class RooflineLab implements LabBody {
    private record Kernel(String name, Supplier<Tensor> body) {}

    @Override public void run(LabContext lab) {
        int megabytes = lab.param("array [MB]", 64, 1, 256), side = lab.param("side of the product", 512, 32, 1024);
        int kilobytes = lab.param("simulated cache [KB]", 8, 1, 256), n = 32 * lab.param("simulated product in 32s", 4, 1, 8);
        int length = megabytes << 18, rows = (int) Math.sqrt(length);
        var roofs = Roofline.measured();
        lab.say("This machine: %s. Ridge at %.1f operations a byte.", roofs, roofs.ridge());

        Tensor x = Tensor.rand(lab.rng(1), length).compute(), y = Tensor.rand(lab.rng(2), length).compute();
        Tensor square = x.narrow(0, 0, (long) rows * rows).reshape(rows, rows), vector = y.narrow(0, 0, rows);
        Tensor a = Tensor.rand(lab.rng(3), side, side).compute(), b = Tensor.rand(lab.rng(4), side, side).compute();
        var kernels = List.of(new Kernel("triad", () -> x.mul(0.5).add(y)), new Kernel("dot", () -> x.dot(y)),
                new Kernel("matrix by vector", () -> square.matmul(vector)), new Kernel("softmax", () -> square.softmax(-1)),
                new Kernel("product of " + side, () -> a.matmul(b)));
        var table = new ArrayList<List<?>>();
        var chart = Figure.plot("Roofs and kernels, F32, all threads");
        double[] intensities = new double[60];
        for (int i = 0; i < intensities.length; i++) intensities[i] = 0.05 * Math.pow(1.18, i);
        for (var level : MemoryLevel.measured()) {
            lab.say("%s", level);
            var attainable = new double[intensities.length];
            for (int i = 0; i < attainable.length; i++) attainable[i] = level.roofline().attainable(intensities[i]) * 1e-9;
            chart = chart.line("from " + level.name(), intensities, attainable);
        }
        double highest = 0;
        for (var kernel : kernels) {
            var work = Intensity.ofShapes(kernel.body::get).fused();
            double seconds = fastest(kernel.body), share = work.seconds(roofs) / seconds;
            highest = Math.max(highest, share);
            table.add(List.of(kernel.name, work.intensity(), work.operations() / seconds * 1e-9, roofs.attainable(work.intensity()) * 1e-9,
                    100 * share, roofs.bound(work.intensity()).toString().toLowerCase(Locale.ROOT)));
            chart = chart.points(kernel.name, new double[] {work.intensity()}, new double[] {work.operations() / seconds * 1e-9});
        }
        lab.figure(chart.logX().logY().axes("operations a byte", "GFLOP/s").describedAs(
                "Slopes are bandwidths of the caches and of memory, the ceiling is the peak of multiply-adds; kernels on large arrays lie near the lowest slope, the product near the ceiling."));
        lab.table("Kernels", List.of("kernel", "operations a byte", "GFLOP/s", "roof", "of the roof [%]", "waits for"), table);
        lab.say("The highest share of a roof is %.0f%%: over 100%% where a core sped up, or others took it while the roof was measured.",
                100 * highest);

        var level = Level.fullyAssociative("LRU", kilobytes << 10, 64);
        double naive = misses(AddressTrace.product(n, 8), level);
        double[] tiles = new double[6], missed = new double[6];
        int count = 0;
        for (int tile = 1; tile <= 32; tile *= 2, count++) {
            tiles[count] = tile;
            missed[count] = misses(AddressTrace.tiledProduct(n, tile, 8), level) / Math.pow(n, 3);
        }
        lab.figure(Figure.plot("Misses of a " + kilobytes + " KB cache, product of " + n + " in F64").line("in tiles", tiles, missed)
                .horizontalLine(naive / Math.pow(n, 3), "row by column")
                .verticalLine(Math.sqrt(kilobytes * 1024 / 8 / 3.0), "three tiles fill the cache").logX().logY()
                .axes("side of a tile", "misses a multiply-add")
                .describedAs("Misses fall as tiles grow and rise again once three of them no longer fit."));
        var eight = new CacheHierarchy(Level.of("L1", 32 << 10, 8, 64));
        AddressTrace.strided(64, 4096, 10).play(eight);
        lab.say("64 lines that lie 4,096 bytes apart, read ten times through a 32 KB cache of eight ways: %d misses of %d reads, though it has room for 512 lines.",
                eight.misses(0), eight.accesses(0));
        lab.shows("those misses", eight.misses(0), atLeast(640));
    }

    private static double misses(AddressTrace trace, Level level) {
        var caches = new CacheHierarchy(level);
        trace.play(caches);
        return caches.misses(0);
    }

    /** Seconds of the fastest call, each in a scope, so that the next finds its memory warm. */
    private static double fastest(Supplier<Tensor> body) {
        double best = Double.POSITIVE_INFINITY;
        for (int i = 0; i < 8; i++) {
            long start = System.nanoTime();
            try (var scope = Scope.open("kernel")) {
                body.get().compute();
            }
            best = Math.min(best, (System.nanoTime() - start) * 1e-9);
        }
        return best;
    }
}
