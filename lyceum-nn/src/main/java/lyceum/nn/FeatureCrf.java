package lyceum.nn;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import lyceum.ConvergenceException;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.optim.Lbfgs;
import lyceum.progress.Progress;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Learns a {@link LinearChainCrf} over hand-made features: the emission of a tag is the sum of the weights that its token's features have for it.
 * Minimises {@code sum of negative log-likelihoods + l2 / 2 |weights|^2}, which is convex, by L-BFGS.
 *
 * {@snippet :
 * int[][][] features = {{{3, 17}, {4}}};         // [sentence][token]: numbers of the features that are on, such as of its word and its suffix
 * var model = new FeatureCrf(TagConstraints.none(12)).withL2(1).fit(features, tags, featureCount);
 * int[] predicted = model.tag(sentence);
 * }
 *
 * @param constraints tags, and which may follow which
 * @param l2 at least 0; of weights and transitions alike, 1 by default
 * @param solver gradient to 1e-3 of the sum, 100 iterations by default
 */
@Withers
public record FeatureCrf(TagConstraints constraints, double l2, Lbfgs solver) implements FeatureCrfWithers {
    public FeatureCrf {
        Objects.requireNonNull(constraints, "constraints");
        Objects.requireNonNull(solver, "solver");
        if (!(l2 >= 0 && l2 < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException("FeatureCrf: l2 is " + l2 + "; it is at least 0");
    }

    public FeatureCrf(TagConstraints constraints) { this(constraints, 1, new Lbfgs().withMaxIterations(100).withGradientTolerance(1e-3)); }

    /** {@link #fit(int[][][], int[][], int, Progress)} in silence. */
    public FeatureCrfModel fit(int[][][] features, int[][] tags, int featureCount) {
        return fit(features, tags, featureCount, Progress.SILENT);
    }

    /**
     * @param features {@code [sentence][token]}: numbers below {@code featureCount}; one that stands twice counts twice
     * @param tags {@code [sentence][token]}
     */
    public FeatureCrfModel fit(int[][][] features, int[][] tags, int featureCount, Progress progress) {
        if (features.length == 0 || features.length != tags.length || featureCount < 1) throw new ShapeException("FeatureCrf: "
                + features.length + " sentences, tags for " + tags.length + ", " + featureCount + " features; each is at least 1");
        int k = constraints.tags(), time = Arrays.stream(features).mapToInt(s -> s.length).max().orElseThrow();
        var labels = new long[features.length * time];
        for (int s = 0; s < features.length; s++) {
            if (features[s].length == 0 || tags[s].length != features[s].length) throw new ShapeException("FeatureCrf: sentence " + s
                    + " has " + features[s].length + " tokens and " + tags[s].length + " tags; they are as many, at least one");
            for (int t = 0; t < tags[s].length; t++) labels[s * time + t] = tags[s][t];
        }
        var weights = Tensor.zeros(DType.F64, featureCount, k).requiresGrad();
        var none = Tensor.zeros(DType.F64, k);
        var crf = new LinearChainCrf(Tensor.zeros(DType.F64, k, k), none, none, constraints);
        var batch = FeatureBatch.of(features, featureCount);
        var y = Tensor.of(labels, features.length, time);
        var parameters = new ArrayList<>(List.of(weights));
        parameters.addAll(crf.parameters().values());
        var minimum = solver.minimize(parameters, () -> {
            var loss = crf.negativeLogLikelihood(batch.emissions(weights), y, batch.mask()).sum();
            for (var p : parameters) loss = loss.add(p.square().sum().mul(l2 / 2));
            return loss;
        }, progress);
        if (!Double.isFinite(minimum.value())) throw new ConvergenceException("FeatureCrf: the loss is " + minimum.value()
                + " from the start: a sequence's tags are forbidden by the constraints, or a feature's number is not finite");
        return new FeatureCrfModel(weights.detach(), crf, minimum.stop());
    }
}
