package lyceum.labs.core;

import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import lyceum.DType;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.tensor.Coo;
import lyceum.tensor.Csr;
import lyceum.tensor.NmSparse;
import lyceum.tensor.Sparsity;
import lyceum.tensor.Tensor;

/** Where the entries of a mesh's matrix and of its square stand, at which density a sparse product pays, and four measures of sparsity. */
@Lab(topics = "sparsity", title = "Mostly nothing, and when that pays")
final class SparsityLab implements LabBody {

    @Override public void run(LabContext lab) {
        int side = lab.param("side of the mesh", 8, 3, 20), n = lab.param("size", 512, 128, 2000);
        double power = lab.param("peakedness", 2.0, 0.0, 8.0);

        var a = mesh(side);
        var square = a.matmul(a);
        lab.figure(spy("Entries of a mesh's matrix, and what its square fills in", square, a));
        lab.say("%d of %d places are filled, in %,d bytes where dense storage takes %,d; the square fills %d.", a.entries(),
                a.rows() * a.columns(), a.bytes(), 8 * a.rows() * a.columns(), square.entries());
        Tensor dense = a.toDense(), gap = square.toDense().sub(dense.matmul(dense)).abs().max();
        lab.shows("gap of the sparse square to the dense one", gap.item(), below(1e-6));

        Tensor full = Tensor.randn(lab.rng(1), DType.F32, n, n).compute(), x = Tensor.randn(lab.rng(2), DType.F32, n).compute();
        double[] densities = {0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1}, sparse = new double[densities.length],
                whole = sparse.clone();
        double memory = full.count() * 4, one = microseconds(() -> full.matmul(x).compute()), even = Sparsity.breakEven(n, lab.rng(4));
        var rows = new ArrayList<List<?>>();
        for (int k = 0; k < densities.length; k++) {
            var thin = Tensor.rand(lab.rng(3), DType.F32, n, n).lt(densities[k]).where(full, full.zerosLike());
            var csr = Csr.fromDense(thin);
            sparse[k] = microseconds(() -> csr.matmul(x).compute());
            whole[k] = one;
            rows.add(List.of(densities[k], csr.entries(), csr.bytes() / memory, sparse[k] / one));
        }
        lab.figure(Figure.plot("Time of a product with a vector, " + n + " x " + n).line("sparse", densities, sparse)
                .line("dense", densities, whole).verticalLine(even, "pays below").logX().logY()
                .axes("density", "median time (microseconds)").describedAs(
                        "The sparse line rises with the entries, the dense one is level; they cross well below the half at which their memory is equal."));
        lab.say("Of 1, 1/2, 1/4, ... the first density at which the sparse product is faster on this machine is %.4f.", even);
        lab.table("Sparse over dense", List.of("density", "entries", "memory", "time"), rows);

        var values = new double[64];
        for (int i = 0; i < 64; i++) values[i] = Math.pow((i + 1) / 64.0, power);
        var v = Tensor.of(values);
        lab.figure(Figure.plot("Magnitudes of one vector").line("element", 1, v).axes("element", "magnitude")
                .describedAs("At peakedness 0 all are equal; the larger it is, the fewer of them count, though none is zero."));
        lab.table("Four measures", List.of("zero share", "Hoyer", "Gini", "effective count of 64"),
                List.of(List.of(Sparsity.zeroShare(v), Sparsity.hoyer(v), Sparsity.gini(v), Sparsity.effectiveCount(v))));
        lab.shows("Hoyer of a spike", Sparsity.hoyer(Tensor.of(0.0, 0, 7, 0)), exactly(1));
        var pruned = NmSparse.prune(full, 2, 4);
        lab.shows("zeros of a 2:4 pattern", Sparsity.zeroShare(pruned.toDense()), exactly(0.5));
        lab.say("2:4 keeps %.1f%% of the squared weights in %.0f%% of the bytes.",
                100 * pruned.values().square().sum().item() / full.square().sum().item(), 100 * pruned.bytes() / memory);
    }

    /** Each point of a square mesh with itself and its neighbours. */
    private static Csr mesh(int side) {
        var coo = new Coo((long) side * side, (long) side * side);
        for (int r = 0; r < side; r++) {
            for (int c = 0; c < side; c++) {
                int at = r * side + c;
                coo.add(at, at, 4);
                if (c + 1 < side) coo.add(at, at + 1, -1).add(at + 1, at, -1);
                if (r + 1 < side) coo.add(at, at + side, -1).add(at + side, at, -1);
            }
        }
        return coo.toCsr();
    }

    private static Figure spy(String title, Csr behind, Csr front) {
        double[][] back = places(behind), dots = places(front);
        return Figure.plot(title).points("in the square", back[0], back[1]).points("in the matrix", dots[0], dots[1])
                .axes("column", "row, from below").equalScales()
                .describedAs("Five diagonals of the matrix lie within the thirteen of its square: products fill in.");
    }

    private static double[][] places(Csr a) {
        var places = new double[2][a.entries()];
        for (int i = 0; i < a.rows(); i++) {
            for (int e = a.rowStart(i); e < a.rowStart(i + 1); e++) {
                places[0][e] = a.column(e);
                places[1][e] = a.rows() - 1 - i;
            }
        }
        return places;
    }

    private static double microseconds(Supplier<?> work) {
        var times = new double[7];
        for (int i = -3; i < times.length; i++) {
            long begin = System.nanoTime();
            work.get();
            if (i >= 0) times[i] = (System.nanoTime() - begin) * 1e-3;
        }
        Arrays.sort(times);
        return times[3];
    }
}
