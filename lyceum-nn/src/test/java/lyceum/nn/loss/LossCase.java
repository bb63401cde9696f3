package lyceum.nn.loss;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.tensor.Tensor;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;

/** One random case of {@code tools/golden/nn_losses.py}: the loss by its name, its inputs drawn again, and what PyTorch said. */
record LossCase(String name, Golden golden, int i, Loss loss, Tensor prediction, Tensor target, double[] v) {
    private static final List<LossCase> ALL = load();

    static List<LossCase> all() { return ALL; }

    static List<LossCase> named(String... names) { return ALL.stream().filter(c -> List.of(names).contains(c.name)).toList(); }

    private static List<LossCase> load() {
        var all = new ArrayList<LossCase>();
        for (var file : new String[] {"regression", "formulas", "binary", "margin", "several"})
            for (var c : Golden.load("golden/loss-" + file + ".json").list("cases")) all.add(of(c));
        return all;
    }

    /** Compares values and gradients of all reductions, computed in {@code type}. */
    void see(Gap gap, DType type) {
        Tensor p = prediction.to(type), t = target.dtype().isFloat() ? target.to(type) : target;
        for (var reduction : Reduction.values()) {
            var under = with(reduction);
            var key = "expected." + reduction.name().toLowerCase(Locale.ROOT);
            gap.see(golden, key, under.of(p, t).toDoubleArray());
            gap.see(golden, key + "Gradient", Autograd.grad(x -> {
                var y = under.of(x, t);
                if (reduction != Reduction.NONE) return y;
                return y.flatten().mul(Tensor.of(v).narrow(0, 0, y.count()).to(type)).sum();
            }).apply(p).toDoubleArray());
        }
    }

    private Loss with(Reduction reduction) {
        return switch (loss) {
            case WeightedLoss w -> w.withReduction(reduction);
            case MeanSquaredError m -> m.withReduction(reduction);
            case CrossEntropy c -> c.withReduction(reduction);
            default -> throw new IllegalStateException(name);
        };
    }

    private static LossCase of(Golden golden) {
        var name = golden.text("name").split(" ")[0];
        int i = golden.integer("input.i");
        var r = new Recipe(golden.integer("input.seed"));
        int n = 2 + r.below(2), k = 2 + r.below(2), count = n * k;
        var wide = Tensor.of(r.bells(2 * count)).mul(2);
        Tensor p = wide.narrow(0, 0, count).reshape(n, k), q = Tensor.of(r.bells(count), n, k).mul(2),
                u = Tensor.of(r.uniforms(count), n, k), w = Tensor.of(r.uniforms(count), n, k);
        var numbers = r.belows(k, 2 * n);
        var c = Tensor.of(numbers).to(DType.I64);
        var cw = Tensor.of(r.uniforms(k));
        double a = r.uniform();
        var v = r.uniforms(2 * count);
        boolean deep = i % 4 == 3;
        Tensor rows = deep ? wide.reshape(n, k, 2) : p, classes = deep ? c.reshape(n, 2) : c.narrow(0, 0, n);
        Tensor hard = u.ge(0.5).to(DType.F64), signs = hard.mul(2).sub(1), counts = u.mul(10).floor(), soft = i % 2 == 1 ? u : hard;
        double gamma = new double[] {0.5, 1, 2, 3.5}[i % 4];
        var weights = i % 2 == 1 ? cw.add(0.1) : null;
        long ignored = i % 3 == 1 ? numbers[0] : -100;
        return switch (name) {
            case "l1" -> make(golden, Loss.l1(), p, q, v);
            case "mse" -> make(golden, new MeanSquaredError(), p, q, v);
            case "huber" -> make(golden, Loss.huber(0.5 + a), p, q, v);
            case "smoothL1" -> make(golden, Loss.smoothL1(i % 5 == 0 ? 0 : 0.5 + a), p, q, v);
            case "poisson" -> make(golden, Loss.poisson(), p, counts, v);
            case "poissonOfRate" -> make(golden, Loss.poissonOfRate(), w, counts, v);
            case "gaussian" ->
                    make(golden, Loss.nll(Likelihood.gaussian()), wide.narrow(0, 0, 2 * n).reshape(n, 2), q.flatten().narrow(0, 0, n), v);
            case "klDivergence" -> make(golden, Loss.klDivergence(), p.logSoftmax(1), q.softmax(1), v);
            case "pinball" -> make(golden, Loss.pinball(a), p, q, v);
            case "logCosh" -> make(golden, Loss.logCosh(), p, q, v);
            case "epsilonInsensitive" -> make(golden, Loss.epsilonInsensitive(a), p, q, v);
            case "bce" -> make(golden, switch (i % 6) {
                case 0 -> Loss.bce(Tensor.scalar(3 * a));
                case 2, 5 -> Loss.bce(cw.mul(3));
                case 1, 4 -> Loss.bce().withWeights(w).withNormalized(false);
                default -> Loss.bce();
            }, p, soft, v);
            case "bceOfProbabilities" -> make(golden,
                    i % 3 != 1 ? Loss.bceOfProbabilities()
                            : Loss.bceOfProbabilities().withWeights(Tensor.of(v).narrow(0, 0, count).reshape(n, k)).withNormalized(false),
                    w, soft, v);
            case "softMargin" -> make(golden, Loss.softMargin(), p, signs, v);
            case "rankingHinge" ->
                    make(golden, new WeightedLoss((x, t) -> Loss.hinge(a).formula().of(x.sub(q.to(x.dtype())), t)), p, signs, v);
            case "hingeEmbedding" -> make(golden, Loss.hingeEmbedding(1 + a), p.abs(), signs, v);
            case "hinge" -> make(golden, Loss.hinge(1 + a), p, signs, v);
            case "squaredHinge" -> make(golden, Loss.squaredHinge(), p, signs, v);
            case "smoothedHinge" -> make(golden, Loss.smoothedHinge(0.5 + a), p, signs, v);
            case "focal" -> make(golden,
                    i % 2 == 1 ? Loss.focal(gamma) : Loss.focal(gamma).withClassWeights(Tensor.of(0.75, 0.25)).withNormalized(false), p,
                    hard, v);
            case "tversky" -> make(golden, Loss.tversky(0.3, 0.7, a), p, hard, v);
            case "dice" -> make(golden, Loss.dice(), p, hard, v);
            case "nll" -> make(golden, Loss.nll().withClassWeights(weights).withIgnoreIndex(ignored), rows.logSoftmax(1), classes, v);
            case "crossEntropy" -> make(golden,
                    new CrossEntropy().withClassWeights(weights).withIgnoreIndex(ignored).withLabelSmoothing(i % 5 == 0 ? 0 : 0.3 * a),
                    rows, classes, v);
            case "multiMargin" ->
                    make(golden, Loss.multiMargin(1 + i % 2, 0.5 + a).withClassWeights(i % 3 == 0 ? cw : null).withNormalized(false), p,
                            c.narrow(0, 0, n), v);
            case "crammerSinger" -> make(golden, Loss.crammerSinger(0.5 + a), rows, classes, v);
            case "westonWatkins" -> make(golden, Loss.westonWatkins(0.5 + a), rows, classes, v);
            case "brier" -> make(golden, Loss.brier(), rows, classes, v);
            case "focalClasses" -> make(golden, Loss.focal(gamma).withClassWeights(weights), rows, classes, v);
            case "ldam" -> make(golden, k == 2 ? Loss.ldam(1000, 100) : Loss.ldam(1000, 100, 10), rows, classes, v);
            default -> throw new IllegalStateException("no loss " + name);
        };
    }

    private static LossCase make(Golden golden, Loss loss, Tensor prediction, Tensor target, double[] v) {
        return new LossCase(golden.text("name").split(" ")[0], golden, golden.integer("input.i"), loss, prediction.compute(),
                target.compute(), v);
    }
}
