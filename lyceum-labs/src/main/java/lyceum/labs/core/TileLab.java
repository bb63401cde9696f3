package lyceum.labs.core;

import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.equalTo;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import lyceum.backend.tile.Tile;
import lyceum.backend.tile.TileBuffer;
import lyceum.backend.tile.TileDevice;
import lyceum.backend.tile.TileKernel;
import lyceum.backend.tile.TileLaunch;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.labs.Worst;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.tensor.Tensor;

/** A matrix product written for one tile: what it reads, what its size costs, what a forgotten mask does, how fast it is. */
@Lab(topics = "triton-tiles", title = "A kernel of tiles")
final class TileLab implements LabBody {
    private static final TileDevice COMPILED = TileDevice.fastest(), INTERPRETED = TileDevice.named("interpreter");
    /** Of the product whose traffic is counted, and of the one that is timed. */
    private static final int COUNTED = 96, TIMED = 256;

    @Override public void run(LabContext lab) {
        int n = lab.param("size", 22, 4, 48), tile = lab.param("tile", 8, 4, 24), step = lab.param("step", 8, 4, 24);
        lab.table("What was recorded of the kernel", List.of("instruction"),
                matmul(tile, step, true).toString().lines().map(List::of).toList());
        lab.figure(Figure.frames("The tiles that a program touches, step by step", "step", frames(n, tile, step)).describedAs(
                "B stands above C and A beside it. Each program keeps one tile of C and walks along a row of tiles of A and down a column of tiles of B. Where the size is no multiple of the tile, masks cut the last ones off."));
        traffic(lab);
        var faults = launch(lab, n, tile, step, false, new float[n * n]).check().faults();
        lab.say("Without the mask of its store the kernel makes %d faults%s.", faults.size(),
                faults.isEmpty() ? "" : "; the first: " + faults.getFirst());
        speed(lab);
    }

    /** {@code c = a b} for n by n matrices, one program a tile of c. */
    private static TileKernel matmul(int tile, int step, boolean masks) {
        return TileKernel.of("matmul", k -> {
            TileBuffer a = k.buffer("a"), b = k.buffer("b"), c = k.buffer("c");
            Tile n = k.integer("n"), i = k.programId(0).mul(tile), j = k.programId(1).mul(tile);
            Tile sum = k.loop(k.constant(0), n, step, k.full(tile, tile, 0),
                    (p, was) -> a.matrix(n, n).load(i, p, tile, step).dot(b.matrix(n, n).load(p, j, step, tile), was));
            if (masks) c.matrix(n, n).store(i, j, sum);
            else c.store(i.add(k.rows(tile)).mul(n).add(j.add(k.columns(tile))), sum);
        });
    }

    private static TileLaunch launch(LabContext lab, int n, int tile, int step, boolean masks, float[] c) {
        float[] a = Tensor.randn(lab.rng(1), n, n).toFloatArray(), b = Tensor.randn(lab.rng(2), n, n).toFloatArray();
        return matmul(tile, step, masks).bind(new int[] {TileKernel.blocks(n, tile), TileKernel.blocks(n, tile)}, a, b, c, n);
    }

    /** A stands to the left of C and B above it, so that a tile of C lies in the rows and columns that its program reads. */
    private static List<Plot> frames(int n, int tile, int step) {
        int blocks = TileKernel.blocks(n, tile), steps = TileKernel.blocks(n, step), all = blocks * blocks * steps, first = n + 1;
        var frames = new ArrayList<Plot>();
        var plane = new int[first + n][first + n]; // from below; classes are the names' places
        for (int[] at : new int[][] {{first, 0}, {0, first}, {first, first}}) mark(plane, at[0], n, at[1], n, 1);
        var xs = Tensor.arange(0, first + n, 1).toDoubleArray();
        for (int t = 0; t < all; t++) {
            int p = t / steps, s = t % steps, i = p % blocks * tile, j = p / blocks * tile;
            for (var row : plane) for (int x = 0; x < row.length; x++) row[x] = Math.min(2, row[x]);
            int rows = Math.min(tile, n - i), columns = Math.min(tile, n - j), inner = Math.min(step, n - s * step);
            mark(plane, first + i, rows, s * step, inner, 3);
            mark(plane, s * step, inner, first + j, columns, 3);
            mark(plane, first + i, rows, first + j, columns, 3);
            if (t % (1 + all / 30) > 0) continue;
            var classes = Arrays.stream(plane).map(int[]::clone).toArray(int[][]::new);
            frames.add(Figure
                    .regions(String.format(Locale.ROOT, "program (%d, %d), step %d", i / tile, j / tile, s), xs, xs, classes, "nothing",
                            "not touched", "touched before", "touched now")
                    .note(n / 2.0, n / 2.0, "A").note(first + n / 2.0, first + n / 2.0, "B").note(first + n / 2.0, n / 2.0, "C")
                    .axes("columns of A, then of B and C", "rows of A and C, then of B").equalScales());
        }
        return frames;
    }

    /** Rows are counted from above, as those of matrices are. */
    private static void mark(int[][] plane, int row, int rows, int column, int columns, int value) {
        for (int i = plane.length - row - rows; i < plane.length - row; i++) Arrays.fill(plane[i], column, column + columns, value);
    }

    private static void traffic(LabContext lab) {
        double[] tiles = {2, 4, 8, 16, 24, 32, 48, 96}, loaded = new double[tiles.length], formula = new double[tiles.length];
        var gap = new Worst();
        for (int t : lab.progress("tile sizes", tiles.length)) {
            loaded[t] = launch(lab, COUNTED, (int) tiles[t], 16, true, new float[COUNTED * COUNTED]).check().loaded();
            formula[t] = Math.pow(COUNTED, 3) * 2 / tiles[t];
            gap.see(Math.abs(loaded[t] / formula[t] - 1));
        }
        lab.figure(Figure.plot("Elements of A and B that are read, by the size of the tile")
                .points("counted by the interpreter", tiles, loaded).line("2 n^3 / tile", tiles, formula)
                .axes("rows and columns of a tile", "elements read").logX().logY().describedAs(
                        "A tile twice as large reads each element half as often: traffic falls in proportion to the tile's side, until one tile is the whole matrix."));
        lab.shows("largest relative gap of counted reads to 2 n^3 / tile", gap.value(), equalTo(0, 1e-12));
    }

    private static void speed(LabContext lab) {
        float[] compiled = new float[TIMED * TIMED], interpreted = new float[TIMED * TIMED];
        TileLaunch tiles = launch(lab, TIMED, 64, 64, true, compiled), checked = launch(lab, TIMED, 64, 64, true, interpreted);
        Tensor a = Tensor.randn(lab.rng(1), TIMED, TIMED).compute(), b = Tensor.randn(lab.rng(2), TIMED, TIMED).compute();
        double interpreter = rate(1, () -> checked.run(INTERPRETED)), tiled = rate(60, () -> tiles.run(COMPILED)),
                written = rate(60, () -> a.matmul(b).compute());
        String[] names = {"interpreter", "compiled tiles", "hand-written"};
        lab.figure(Figure.bar("The same product of " + TIMED + " by " + TIMED, names, new double[] {interpreter, tiled, written})
                .axes("who computes", "GFLOP/s").logY().describedAs(
                        "Compiled, the kernel is two orders of magnitude above its interpretation and near the hand-written product."));
        var gap = new Worst();
        for (int i = 0; i < compiled.length; i++) gap.see(Math.abs(compiled[i] - interpreted[i]) / Math.max(1, Math.abs(interpreted[i])));
        lab.shows("largest gap of compiled to interpreted", gap.value(), below(1e-6));
    }

    private static double rate(int runs, Runnable product) {
        double best = Double.POSITIVE_INFINITY;
        for (int r = 0; r < runs; r++) {
            long start = System.nanoTime();
            product.run();
            best = Math.min(best, System.nanoTime() - start);
        }
        return 2 * Math.pow(TIMED, 3) / best;
    }
}
