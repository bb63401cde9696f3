package lyceum.tensor;

import java.util.ArrayList;
import java.util.List;
import lyceum.DType;
import lyceum.random.Rng;
import lyceum.testing.Choices;
import lyceum.testing.Generator;

/**
 * A program of tensor operations as data: a shape, and steps that each name an operation and two earlier values. Can be evaluated in any type and on
 * any backend, and shrinks.
 */
record RandomGraph(long rows, long columns, List<Step> steps, long seed) {
    /** @param a number of the first operand among the inputs and the earlier steps, {@code b} of the second */
    record Step(int op, int a, int b) {}

    /** Inputs: a matrix, another stored by columns, a row, a column, every other column of a matrix, and a number. */
    private static final int INPUTS = 6;
    private static final long[] ROWS = {1, 2, 3, 5, 17, 40}, COLUMNS = {1, 2, 3, 7, 16, 33, 64, 100, 257, 1030};
    /** Smooth or at least continuous; what follows can jump, and is for F64 alone. */
    private static final int CONTINUOUS = 26, OPERATIONS = 34;
    /**
     * Where jumps stand: not at 0 or 1 or between equals, where formulas have their exact values ({@code a - mean(a)} of a layer norm is {@code a}) and
     * the order of a sum decides the side.
     */
    private static final double ASIDE = 0.013717421;

    static Generator<RandomGraph> generator(boolean continuous) { return c -> draw(c, continuous); }

    private static RandomGraph draw(Choices c, boolean continuous) {
        long rows = ROWS[(int) c.next(ROWS.length - 1)], columns = COLUMNS[(int) c.next(COLUMNS.length - 1)];
        int n = 1 + (int) c.next(13);
        var steps = new ArrayList<Step>();
        for (int i = 0; i < n; i++)
            steps.add(new Step((int) c.next((continuous ? CONTINUOUS : OPERATIONS) - 1), (int) c.next(INPUTS + i - 1),
                    (int) c.next(INPUTS + i - 1)));
        return new RandomGraph(rows, columns, List.copyOf(steps), (int) c.next(1000));
    }

    Tensor[] inputs() {
        var rng = Rng.of(seed);
        return new Tensor[] {draw(rng, rows, columns), draw(rng, columns, rows).transpose(), draw(rng, columns), draw(rng, rows, 1),
                draw(rng, rows, 2 * columns).slice(1, 0, 2 * columns, 2), draw(rng)};
    }

    private static Tensor draw(Rng rng, long... shape) { return Tensor.randn(rng, DType.F32, shape).to(DType.F64).compute(); }

    /** The last values, in the shape of the whole. */
    Tensor evaluate(Tensor[] inputs) {
        var values = new ArrayList<Tensor>(List.of(inputs));
        for (var step : steps) values.add(apply(step.op, values.get(step.a), values.get(step.b)));
        var result = values.getLast();
        if (values.size() > INPUTS + 1) result = result.add(values.get(values.size() - 2));
        return result.add(Tensor.zeros(inputs[0].dtype(), rows, columns));
    }

    private Tensor wide(Tensor x) { return x.rank() == 2 ? x : x.expand(rows, columns); }

    private Tensor whole(Tensor x) { return x.expand(rows, columns); }

    private Tensor apply(int op, Tensor a, Tensor b) {
        return switch (op) {
            case 0 -> a.add(b);
            case 1 -> a.sub(b);
            case 2 -> seed % 2 == 0 ? a.mul(b).tanh() : whole(a).matmul(whole(b).transpose()).mul(1.0 / columns).tanh().matmul(whole(b));
            case 3 -> a.tanh();
            case 4 -> a.sigmoid();
            case 5 -> a.mul(0.5).exp().tanh();
            case 6 -> a.square().add(1).log();
            case 7 -> a.sin().mul(b.cos());
            case 8 -> a.relu();
            case 9 -> a.abs().add(0.5).sqrt();
            case 10 -> a.maximum(b);
            case 11 -> a.minimum(b.mul(0.5));
            case 12 -> a.div(b.square().add(1));
            case 13 -> a.mulAdd(b.tanh(), a);
            case 14 -> a.softplus();
            case 15 -> a.erf();
            case 16 -> wide(a).softmax(-1);
            case 17 -> wide(a).logSoftmax(-1).mul(0.1);
            case 18 -> wide(a).logSumExp(-1, true);
            case 19 -> a.sub(wide(b).mean(-1, true));
            case 20 -> wide(a).layerNorm(null, null, 0.1);
            case 21 -> wide(a).rmsNorm(null, 0.1);
            case 22 -> wide(a).sum(-1, true).tanh();
            case 23 -> wide(a).mean(0, true);
            case 24 -> wide(a).max(-1, true).add(b);
            case 25 -> a.expm1().tanh().sub(b.abs().log1p());
            case 26 -> a.gt(b.add(ASIDE)).where(a, b.mul(2));
            case 27 -> a.add(ASIDE).floor().mul(0.5);
            case 28 -> a.le(0.25).or(b.lt(ASIDE)).to(a.dtype()).mul(b);
            case 29 -> a.add(ASIDE).to(DType.I32).to(a.dtype()).add(b.mul(0.1));
            case 30 -> a.add(ASIDE).sign().mul(b);
            case 31 -> Tensor.rand(Rng.of(seed), a.dtype(), wide(a).shape().toArray()).lt(0.5).where(a, b);
            case 32 -> wide(a).min(-1, true).mul(b);
            default -> a.add(ASIDE).floor().ne(b.add(ASIDE).floor()).and(a.isFinite()).where(a.neg(), b);
        };
    }
}
