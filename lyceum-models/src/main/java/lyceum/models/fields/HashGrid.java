package lyceum.models.fields;

import java.util.ArrayList;
import java.util.List;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.nn.Init;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Learned vectors at the corners of grids from coarse to fine, multilinearly interpolated at x in [-1, 1]^d (what lies outside counts as the edge), level by level
 * side by side: (n, d) to (n, levels features). A level whose corners fit its table has a row for each; a finer one shares rows by the hash
 * {@code xor of i_k p_k mod size}, p = 1, 2654435761, 805459861. Level l has {@code floor(coarsest b^l)} cells along an axis, b such that the last has the finest.
 *
 * <p>Gradients reach the vectors and, except for the corners of the cells, x. Parameters: {@code levels.0.table}, ...
 *
 * @see <a href="https://arxiv.org/abs/2201.05989">Müller, Evans, Schied and Keller (2022)</a>
 */
public final class HashGrid extends Module {
    private static final long[] PRIMES = {1, 2654435761L, 805459861L};

    private final int inputs;
    private final int[] cells;
    private final List<Level> levels;

    private static final class Level extends Module {
        private final Tensor table;

        Level(Tensor table) { this.table = table; }

        @Override protected Tensor compute(Tensor rows, Pass pass) { return table.indexSelect(0, rows); }
    }

    /** Vectors begin uniform within 1e-4. @param inputs 1 to 3 */
    public HashGrid(int inputs, FieldEncoding.Grid grid, DType dtype, Rng rng) {
        if (inputs < 1 || inputs > 3) throw new IllegalArgumentException("HashGrid: " + inputs + " coordinates; 1 to 3 are meant");
        this.inputs = inputs;
        cells = new int[grid.levels()];
        var all = new ArrayList<Level>();
        for (int l = 0; l < cells.length; l++) {
            double b = cells.length == 1 ? 1 : Math.pow((double) grid.finest() / grid.coarsest(), l / (cells.length - 1.0));
            cells[l] = (int) Math.floor(grid.coarsest() * b + 1e-9);
            long corners = Math.round(Math.pow(cells[l] + 1.0, inputs)), size = Math.min(corners, 1L << grid.tableBits());
            all.add(new Level(Init.uniform(-1e-4, 1e-4).sample(rng, dtype, size, grid.features()).compute().requiresGrad()));
        }
        levels = List.copyOf(all);
    }

    public int levels() { return cells.length; }

    /** Cells along an axis of a level. */
    public int cells(int level) { return cells[level]; }

    /** Whether corners of a level share rows. */
    public boolean isHashed(int level) { return levels.get(level).table.size(0) < Math.round(Math.pow(cells[level] + 1.0, inputs)); }

    /** The row of a level's table for a corner, by its number along each axis, 0 to {@link #cells}. */
    public int row(int level, int... corner) {
        long size = levels.get(level).table.size(0), at = 0;
        if (isHashed(level)) {
            for (int k = 0; k < inputs; k++) at ^= corner[k] * PRIMES[k];
            return (int) Math.floorMod(at & 0xFFFFFFFFL, size);
        }
        for (int k = inputs - 1; k >= 0; k--) at = at * (cells[level] + 1) + corner[k];
        return (int) at;
    }

    @Override protected Tensor compute(Tensor x, Pass pass) {
        if (x.rank() != 2 || x.size(1) != inputs)
            throw new ShapeException("HashGrid: places " + x.shape() + "; they are (n, " + inputs + ")");
        var found = new Tensor[cells.length];
        for (int l = 0; l < cells.length; l++) found[l] = level(l, x.clamp(-1, 1).add(1.0).mul(cells[l] / 2.0));
        return Tensor.concat(1, found);
    }

    private Tensor level(int l, Tensor place) {
        var low = place.detach().floor().clamp(0, cells[l] - 1);
        var part = place.sub(low);
        var terms = terms(l, low.to(DType.I64));
        Tensor sum = null;
        for (int corner = 0; corner < 1 << inputs; corner++) {
            Tensor row = null, weight = null;
            for (int k = 0; k < inputs; k++) {
                var term = terms[k][corner >> k & 1];
                row = row == null ? term : isHashed(l) ? row.xor(term) : row.add(term);
                var along = part.narrow(1, k, 1);
                if ((corner >> k & 1) == 0) along = along.rsub(1.0);
                weight = weight == null ? along : weight.mul(along);
            }
            if (isHashed(l)) row = row.and(Tensor.full(DType.I64, levels.get(l).table.size(0) - 1)); // the size is a power of two
            var found = levels.get(l).table.indexSelect(0, row).mul(weight);
            sum = sum == null ? found : sum.add(found);
        }
        return sum;
    }

    /** What the lower and the upper corner along each axis have in the number of a row, (n) each. */
    private Tensor[][] terms(int l, Tensor first) {
        var terms = new Tensor[inputs][];
        long stride = 1;
        for (int k = 0; k < inputs; k++, stride *= cells[l] + 1) {
            long factor = isHashed(l) ? PRIMES[k] : stride;
            var lower = first.select(1, k).mul(factor).compute();
            terms[k] = new Tensor[] {lower, lower.add(factor).compute()};
        }
        return terms;
    }
}
