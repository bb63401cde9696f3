package lyceum.labs.linalg;

import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.exactly;

import lyceum.DType;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.labs.Worst;
import lyceum.linalg.PseudoInverse;
import lyceum.linalg.Qr;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;

/** One equation, two unknowns: of the whole line of solutions the pseudoinverse takes the point nearest to the origin. */
@Lab(topics = "pseudoinverse", title = "The shortest of all solutions")
final class PseudoInverseLab implements LabBody {
    @Override public void run(LabContext lab) {
        double a = lab.param("a", 1.0, -3.0, 3.0), b = lab.param("b", 2.0, 0.1, 3.0), c = lab.param("c", 3.0, -4.0, 4.0);
        int matrices = lab.param("matrices", 100, 10, 500);
        var row = Tensor.of(new double[] {a, b}, 1, 2);
        var right = Tensor.of(c);
        var x = PseudoInverse.of(row).solve(right);

        double[] penalties = Tensor.logspace(2, -10, 61).toDoubleArray();
        double[] u = new double[penalties.length], v = new double[penalties.length], gap = new double[penalties.length];
        for (int i = 0; i < penalties.length; i++) {
            var ridge = ridge(row, penalties[i]).matmul(right);
            u[i] = ridge.item(0);
            v[i] = ridge.item(1);
            gap[i] = Math.max(ridge.sub(x).norm().item(), 1e-17);
        }
        double[] ends = {-4, 4};
        lab.figure(Figure.line("All solutions of a x + b y = c", ends, new double[] {(c - a * ends[0]) / b, (c - a * ends[1]) / b})
                .named("solutions")
                .arrows("shortest", new double[] {0}, new double[] {0}, new double[] {x.item(0)}, new double[] {x.item(1)})
                .line("ridge as its penalty falls", u, v).dashed().axes("x", "y").limitX(-4, 4).limitY(-4, 4).equalScales().describedAs(
                        "A line of solutions and the arrow from the origin that meets it at a right angle; ridge solutions walk along that arrow to the line."));
        lab.figure(Figure.line("Ridge on its way to the pseudoinverse", penalties, gap).logX().logY().axes("penalty", "distance")
                .describedAs("The distance falls in proportion to the penalty."));
        lab.say("The shortest solution is (%.4f, %.4f), of length %.4f; every other one is longer.", x.item(0), x.item(1), x.norm().item());
        lab.shows("ridge at 1e-10 against the pseudoinverse", ridge(row, 1e-10).matmul(right).sub(x).norm().item(), below(1e-6));
        identities(lab, matrices);
    }

    /** {@code [A; sqrt(penalty) I]} has full rank, whatever A is. */
    private static Tensor ridge(Tensor a, double penalty) {
        long m = a.size(0), n = a.size(1);
        var augmented = Tensor.concat(0, a, Tensor.eye(DType.F64, n).mul(Math.sqrt(penalty)));
        return Qr.of(augmented).solve(Tensor.concat(0, Tensor.eye(DType.F64, m), Tensor.zeros(DType.F64, n, m)));
    }

    private static void identities(LabContext lab, int matrices) {
        Worst penrose = new Worst(), orthogonal = new Worst();
        int shorter = 0;
        for (int i : lab.progress("random matrices", matrices)) {
            var rng = lab.rng(i);
            int m = 1 + rng.nextInt(8), n = 2 + rng.nextInt(8), rank = 1 + rng.nextInt(Math.min(m, n));
            var a = Tensor.randn(rng, DType.F64, m, rank).matmul(Tensor.randn(rng, DType.F64, rank, n));
            var pinv = PseudoInverse.of(a, 1e-10);
            Tensor p = pinv.matrix(), ap = a.matmul(p), pa = p.matmul(a), b = Tensor.randn(rng, DType.F64, m), x = pinv.solve(b);
            penrose.see(ap.matmul(a), a).see(pa.matmul(p), p).see(ap.transpose(), ap).see(pa.transpose(), pa);
            orthogonal.see(a.transpose().matmul(b.sub(a.matmul(x))).abs().max().item());
            var free = Tensor.randn(rng, DType.F64, n);
            var other = x.add(free.sub(pa.matmul(free)));
            if (other.norm().item() < x.norm().item() - 1e-12) shorter++;
        }
        lab.shows("the four Penrose identities", penrose.value(), below(1e-10));
        lab.shows("residual against the range", orthogonal.value(), below(1e-10));
        lab.shows("least-squares solutions that were shorter", shorter, exactly(0));
    }
}
