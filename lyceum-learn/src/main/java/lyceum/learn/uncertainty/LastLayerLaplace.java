package lyceum.learn.uncertainty;

import java.util.LinkedHashMap;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.learn.neural.MlpClassifierModel;
import lyceum.linalg.Cholesky;
import lyceum.linalg.dense.TriangularSolve;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.random.Rng;
import lyceum.stats.learner.LearnerInput;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * A normal posterior of the last layer's weights, everything before it taken as known: mean at the trained weights, precision the Hessian of the
 * negative log posterior there. For softmax that Hessian is exact, as the layer is linear: {@code sum_i (diag(p_i) - p_i p_i') x phi_i phi_i' + tau I}.
 *
 * {@snippet :
 * var model = new MlpClassifier(64).fit(x, labels);
 * var laplace = new LastLayerLaplace(1).of(model, x);
 * double[] ignorance = laplace.forecast(z).epistemic();
 * }
 *
 * @param priorPrecision tau of every weight, above 0
 * @param samples of the weights for a class forecast, 100 by default
 * @param seed of the samples
 * @see <a href="https://arxiv.org/abs/2106.14806">Daxberger and others (2021), Laplace Redux</a>
 */
@Withers
public record LastLayerLaplace(double priorPrecision, int samples, long seed) implements LastLayerLaplaceWithers {
    public LastLayerLaplace {
        if (!(priorPrecision > 0 && priorPrecision < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException("LastLayerLaplace: priorPrecision is " + priorPrecision + "; it is finite and above 0");
        if (samples < 1) throw new IllegalArgumentException("LastLayerLaplace: samples is " + samples + "; it is at least 1");
    }

    public LastLayerLaplace(double priorPrecision) { this(priorPrecision, 100, 0); }

    /**
     * A linear layer for numbers with known noise: Bayesian linear regression, where nothing is approximated. The posterior has precision
     * {@code Phi' Phi / s^2 + tau I}.
     *
     * @param features Phi (n x d), with a column of ones where an intercept is wanted
     * @param y (n)
     * @param noise s^2, above 0
     */
    public Numbers numbers(Tensor features, Tensor y, double noise) {
        var input = LearnerInput.matrix("LastLayerLaplace.numbers", features, false);
        if (!(noise > 0)) throw new IllegalArgumentException("LastLayerLaplace.numbers: noise is " + noise + "; it is above 0");
        var phi = input.x().to(DType.F64);
        var target = input.target(y).to(DType.F64);
        var precision = phi.transpose().matmul(phi).div(noise).add(Tensor.eye(DType.F64, (int) phi.size(1)).mul(priorPrecision)).compute();
        var mean = Cholesky.of(precision).solve(phi.transpose().matmul(target).div(noise));
        return new Numbers(mean, precision, noise);
    }

    /**
     * A softmax layer with logits {@code W phi + b}, at given weights.
     *
     * @param classes labels of the rows of W
     * @param features Phi of the training rows (n x d)
     * @param weight W (classes x d)
     * @param bias b (classes)
     */
    public Classes classes(long[] classes, Tensor features, Tensor weight, Tensor bias) {
        int c = classes.length, d = (int) features.size(1);
        if (weight.rank() != 2 || weight.size(0) != c || weight.size(1) != d || bias.count() != c)
            throw new ShapeException("LastLayerLaplace.classes: weights " + weight.shape() + " and bias " + bias.shape() + " for " + c
                    + " classes and " + d + " features");
        var phi = withOnes(LearnerInput.matrix("LastLayerLaplace.classes", features, false).x().to(DType.F64));
        var w = Tensor.concat(1, weight.detach().to(DType.F64), bias.detach().to(DType.F64).reshape(c, 1)).compute();
        var p = phi.matmul(w.transpose()).softmax(1).compute();
        var precision = new double[c * (d + 1)][c * (d + 1)];
        for (int a = 0; a < c; a++) for (int b = 0; b <= a; b++) {
            // sum_i (delta_ab p_ia - p_ia p_ib) phi_i phi_i'
            Tensor pa = p.select(1, a), curve = a == b ? pa.sub(pa.square()) : pa.mul(p.select(1, b)).neg();
            double[][] block = phi.transpose().matmul(phi.mul(curve.unsqueeze(1))).toRows();
            for (int i = 0; i <= d; i++)
                for (int j = 0; j <= d; j++)
                    precision[a * (d + 1) + i][b * (d + 1) + j] = precision[b * (d + 1) + j][a * (d + 1) + i] = block[i][j];
        }
        for (int i = 0; i < precision.length; i++) precision[i][i] += priorPrecision;
        return new Classes(this, classes.clone(), null, w, Tensor.of(precision));
    }

    /** Of a fitted network, with the rows that it was fitted on. */
    public Classes of(MlpClassifierModel model, Tensor x) {
        var network = model.network();
        var last = network.layers().getLast();
        var head = classes(model.classes(), features(model, LearnerInput.forModel(model, x).x()), last.weight(), last.bias());
        return new Classes(this, model.classes(), model, head.weights, head.precision);
    }

    /** What the last layer sees: the same network with the identity in its place. */
    static Tensor features(MlpClassifierModel model, Tensor rows) {
        var config = model.config();
        int width = config.hidden().isEmpty() ? config.inputs() : config.hidden().getLast();
        var state = new LinkedHashMap<>(model.parameters());
        state.put("layers." + config.hidden().size() + ".weight", Tensor.eye(config.dtype(), width));
        state.put("layers." + config.hidden().size() + ".bias", Tensor.zeros(config.dtype(), width));
        var body = Mlp.of(config.withOutputs(width).withHead(MlpConfig.Head.VALUES), state);
        return body.predict(model.columns().apply(rows)).to(DType.F64).compute();
    }

    private static Tensor withOnes(Tensor phi) { return Tensor.concat(1, phi, Tensor.ones(DType.F64, phi.size(0), 1)).compute(); }

    /**
     * The posterior of a linear layer for numbers.
     *
     * @param weights mean (d)
     * @param precision (d x d)
     * @param noise s^2
     */
    public record Numbers(Tensor weights, Tensor precision, double noise) implements UncertaintyEstimator<NumberForecast> {
        @Override public int nFeatures() { return (int) weights.size(0); }

        /** Covariance of the weights (d x d). */
        public Tensor covariance() { return Cholesky.of(precision).inverse(); }

        /** Epistemic variance {@code phi' A^-1 phi}, aleatoric {@code s^2}. @param features Phi of new rows */
        @Override public NumberForecast forecast(Tensor features) {
            var phi = LearnerInput.forModel(this, features).x().to(DType.F64);
            double[] mean = phi.matmul(weights).toDoubleArray(), total = new double[mean.length], aleatoric = new double[mean.length];
            double[] epistemic = Cholesky.of(precision).solveLower(phi.transpose().contiguous()).square().sum(0).toDoubleArray();
            for (int i = 0; i < mean.length; i++) {
                aleatoric[i] = noise;
                total[i] = noise + epistemic[i];
            }
            return new NumberForecast(mean, total, aleatoric, epistemic);
        }
    }

    /**
     * The posterior of a softmax layer.
     *
     * @param model whose last layer it is; null if rows are features already
     * @param weights mean (classes x (d + 1)), the bias last
     * @param precision of the weights, class after class
     */
    public record Classes(LastLayerLaplace settings, long[] classes, MlpClassifierModel model, Tensor weights, Tensor precision)
            implements UncertaintyEstimator<ClassForecast> {
        @Override public int nFeatures() { return model == null ? (int) weights.size(1) - 1 : model.nFeatures(); }

        /** Covariance of the weights, class after class. */
        public Tensor covariance() { return Cholesky.of(precision).inverse(); }

        /** Members are draws of the weights, the same for all rows. */
        @Override public ClassForecast forecast(Tensor x) {
            var rows = LearnerInput.forModel(this, x).x();
            var phi = withOnes(model == null ? rows.to(DType.F64) : features(model, rows));
            double[][] lower = Cholesky.of(precision).lower().toRows();
            double[] mean = weights.toDoubleArray();
            var all = new Tensor[settings.samples];
            var rng = Rng.of(settings.seed);
            for (int s = 0; s < all.length; s++) {
                var z = new double[mean.length];
                for (int i = 0; i < z.length; i++) z[i] = rng.nextGaussian();
                // With H = L L', L'^-1 z has the covariance H^-1.
                TriangularSolve.lowerTransposed(lower, false, z, z.length);
                for (int i = 0; i < z.length; i++) z[i] += mean[i];
                var drawn = Tensor.of(z, classes.length, mean.length / classes.length);
                all[s] = Autograd.noGrad(() -> phi.matmul(drawn.transpose()).softmax(1).compute());
            }
            return ClassForecast.ofMembers(classes, Tensor.stack(0, all));
        }
    }
}
