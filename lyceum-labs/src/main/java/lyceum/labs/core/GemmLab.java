package lyceum.labs.core;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.equalTo;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import lyceum.DType;
import lyceum.backend.Roofline;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.tensor.MatrixUnit;
import lyceum.tensor.MatrixUnit.Tile;
import lyceum.tensor.Tensor;

/** A product's speed against its size, what shapes that miss the tile cost, and what narrow inputs and narrow sums lose. */
@Lab(topics = "gemm", title = "Fast products, whole tiles, wide sums")
final class GemmLab implements LabBody {

    @Override public void run(LabContext lab) {
        int largest = lab.param("largest side", 384, 64, 1024), rows = lab.param("rows", 129, 1, 512);
        int side = lab.param("side of a kernel's tile", 128, 16, 256), depth = lab.param("depth of the sums", 4096, 16, 65_536);
        var unit = named(lab.choice("unit", "m16n8k16 bf16", MatrixUnit.named().stream().map(MatrixUnit::name).toArray(String[]::new)));

        var sizes = new ArrayList<Double>();
        var fast = new ArrayList<Double>();
        var slow = new ArrayList<Double>();
        for (int n = 8; n <= largest; n = n * 3 / 2) {
            Tensor a = Tensor.randn(lab.rng(1), n, n).compute(), b = Tensor.randn(lab.rng(2), n, n).compute();
            float[] x = a.toFloatArray(), y = b.toFloatArray();
            double work = 2e-9 * n * n * n;
            int size = n;
            sizes.add((double) n);
            fast.add(work / fastest(() -> a.matmul(b).compute()));
            slow.add(work / fastest(() -> loops(x, y, size)));
        }
        lab.figure(Figure.plot("The same operations, fetched more or less often")
                .line("blocked, packed, vectors", array(sizes), array(fast)).line("three loops", array(sizes), array(slow))
                .horizontalLine(Roofline.peak() * 1e-9, "peak of multiply-adds").logX().logY().axes("side of the matrices", "GFLOP/s")
                .describedAs(
                        "The blocked product climbs towards the machine's peak; three loops stay at a few per cent of it at every size."));
        lab.shows("speed at the largest size over three loops", fast.getLast() / slow.getLast(), above(1));

        var tile = new Tile(side, side, 32);
        double[] m = new double[512], share = new double[512];
        for (int i = 0; i < m.length; i++) {
            m[i] = i + 1;
            share[i] = 100 * tile.utilisation(i + 1, i + 1, depth);
        }
        lab.figure(Figure.plot("Shapes are paid in whole tiles of " + side).line("m = n", m, share).verticalLine(rows, rows + " rows")
                .axes("rows and columns", "of the multiply-adds wanted [%]")
                .describedAs("A saw with its teeth at multiples of the tile: one row more than a multiple pays for a whole tile of them."));
        lab.say("A product of %d x %d in tiles of %d does %.1f%% useful work.", rows, rows, side,
                100 * tile.utilisation(rows, rows, depth));
        lab.shows("a vocabulary of 50,257 in tiles of 128, over one of 50,304", tile(128, 50_257) / tile(128, 50_304),
                equalTo(50_257.0 / 50_304, 1e-12));

        Tensor ones = Tensor.ones(1, depth), a = Tensor.randn(lab.rng(3), 16, depth).compute(),
                b = Tensor.randn(lab.rng(4), depth, 16).compute();
        var exact = a.to(DType.F64).matmul(b.to(DType.F64));
        var magnitude = a.abs().to(DType.F64).matmul(b.abs().to(DType.F64));
        var rounded = unit.format().round(a).to(DType.F64).matmul(unit.format().round(b).to(DType.F64));
        var table = new ArrayList<List<?>>();
        double wide = 0;
        for (var sums : List.of(DType.F32, DType.F16)) {
            var run = unit.withSums(sums).multiply(a, b);
            double error = worst(run.product(), rounded, magnitude);
            if (sums == DType.F32) wide = error;
            table.add(List.of(sums.toString(), unit.withSums(sums).multiply(ones, ones.transpose()).product().item(), error,
                    worst(run.product(), exact, magnitude), run.instructions()));
        }
        lab.table("A unit of " + unit.name() + ", sums of " + depth,
                List.of("sums in", "a sum of ones", "error beside the rounded inputs", "beside the exact ones", "instructions"), table);
        lab.shows("error of wide sums over depth 2^-23", wide / (depth * Math.scalb(1.0, -23)), atMost(1));
    }

    private static double tile(int side, long columns) { return new Tile(side, side, 32).utilisation(128, columns, 32); }

    private static double worst(Tensor found, Tensor expected, Tensor magnitude) {
        return found.to(DType.F64).sub(expected).abs().div(magnitude).max().item();
    }

    private static MatrixUnit named(String name) {
        return MatrixUnit.named().stream().filter(u -> u.name().equals(name)).findFirst().orElseThrow();
    }

    private static float[] loops(float[] a, float[] b, int n) {
        var c = new float[n * n];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                float sum = 0;
                for (int k = 0; k < n; k++) sum += a[i * n + k] * b[k * n + j];
                c[i * n + j] = sum;
            }
        }
        return c;
    }

    /** Seconds of the fastest of some series of calls; the first ones are not yet compiled. */
    private static double fastest(Supplier<?> body) {
        double best = Double.POSITIVE_INFINITY;
        long calls = 1, spent = 0;
        body.get(); // makes its kernel
        while (spent < 8_000_000) {
            long start = System.nanoTime();
            for (long i = 0; i < calls; i++) body.get();
            long took = System.nanoTime() - start;
            best = Math.min(best, took * 1e-9 / calls);
            if (took < 1_000_000) calls *= 2;
            spent += took;
        }
        return best;
    }

    private static double[] array(List<Double> values) { return values.stream().mapToDouble(v -> v).toArray(); }
}
