package lyceum.nn;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;

import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.backend.Profile;

import lyceum.linalg.Qr;
import lyceum.random.Rng;
import lyceum.tensor.Attention;
import lyceum.tensor.Packing;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;

/** Scaled dot-product attention, by itself and in its layer. */
class SelfAttentionTest {
    private static final Golden GOLDEN = Golden.load("golden/self-attention.json"), LAYER = Golden.load("golden/attention-layer.json");

    private static Tensor normal(long seed, long... shape) { return Tensor.randn(Rng.of(seed), DType.F64, shape).compute(); }

    private static double distance(Tensor a, Tensor b) { return a.to(DType.F64).sub(b.to(DType.F64)).abs().max().item(); }

    /** Gaps of attention to PyTorch's over the cases of that name. */
    private static Gap parity(String name, DType type, Attention options, int expected) {
        var gap = Gap.relativeBeyondOne();
        var cases = GOLDEN.cases(name);
        for (var c : cases) {
            int[] n = c.ints("input.sizes");
            var twin = new Twin((long) c.number("input.seed"));
            Tensor q = twin.draw(n[0], n[1], n[2], n[4]).to(type).requiresGrad(),
                    k = twin.draw(n[0], n[1], n[3], n[4]).to(type).requiresGrad(),
                    v = twin.draw(n[0], n[1], n[3], n[4]).to(type).requiresGrad();
            twin.compare(gap, c, Map.of(), List.of(q, k, v), List.of(options.of(q, k, v)));
        }
        Evidence.of(name + ", " + type + ": shapes", cases.size(), exactly(expected));
        Evidence.of(name + ", " + type + ": shapes of more than 64 keys", cases.stream().filter(c -> c.ints("input.sizes")[3] > 64).count(),
                atLeast(30));
        return gap;
    }

    @Acceptance(topic = "self-attention", clause = 1)
    @Test void outputAndGradientsEqualPyTorch() {
        for (var type : List.of(DType.F32, DType.F64))
            Evidence.of(type + ": largest gap to scaled_dot_product_attention", parity("plain", type, new Attention(), 200), below(1e-5));
        var gap = Gap.relativeBeyondOne();
        var cases = LAYER.cases("self");
        int layers = 0;
        for (var c : cases) {
            if (c.flag("input.cross")) continue;
            MultiHeadAttentionTest.twin(c, DType.F64, gap);
            layers++;
        }
        for (var c : Golden.load("golden/self-attention-layer.json").cases("own")) {
            MultiHeadAttentionTest.twin(c, DType.F64, gap);
            layers++;
        }
        Evidence.of("layers", layers, exactly(200));
        Evidence.of("largest gap to nn.MultiheadAttention", gap, below(1e-5));
    }

    @Acceptance(topic = "self-attention", clause = 2)
    @Test void tilesEqualTheProductsOfTheDefinition() {
        var gap = Gap.relativeBeyondOne();
        for (int trial = 0; trial < 40; trial++) {
            var rng = Rng.of(trial);
            long n = 1 + rng.nextLong(300), m = 1 + rng.nextLong(300), d = 1 + rng.nextLong(64);
            Tensor q = Tensor.randn(rng, DType.F32, 1, 2, n, d).mul(0.5), k = Tensor.randn(rng, DType.F32, 1, 2, m, d),
                    v = Tensor.randn(rng, DType.F32, 1, 2, m, d);
            Tensor a = q.to(DType.F64), b = k.to(DType.F64), c = v.to(DType.F64);
            double[] naive = a.matmul(b.transpose()).div(Math.sqrt(d)).softmax(-1).matmul(c).toDoubleArray();
            for (var method : List.of(Attention.Method.TILED, Attention.Method.CHUNKED))
                gap.see(method + " " + n + " " + m + " " + d, new Attention().withMethod(method).of(q, k, v).toDoubleArray(), naive);
        }
        Evidence.of("largest gap over 40 shapes, tiled and chunked in F32", gap, below(1e-6));
    }

    @Acceptance(topic = "self-attention", clause = 3)
    @Test void withoutAMaskItCommutesWithPermutations() {
        double worst = 0, masked = 0;
        var layer = new MultiHeadAttention(new AttentionConfig(24, 4), Rng.of(3));
        for (int trial = 0; trial < 100; trial++) {
            var rng = Rng.of(1000 + trial);
            int n = 2 + (int) rng.nextLong(30);
            var x = Tensor.randn(rng, DType.F32, 1, n, 24).compute();
            var order = Tensor.of(rng.permutation(n));
            worst = Math.max(worst, distance(layer.forward(x.indexSelect(1, order)), layer.forward(x).indexSelect(1, order)));
            var causal = new Attention().withCausal(true);
            masked = Math.max(masked, distance(layer.forward(x.indexSelect(1, order), x.indexSelect(1, order), causal, Pass.inference()),
                    layer.forward(x, x, causal, Pass.inference()).indexSelect(1, order)));
        }
        Evidence.of("largest distance over 100 permutations", worst, below(1e-6));
        Evidence.of("largest distance under a causal mask, which breaks it", masked, above(0.1));
    }

    @Acceptance(topic = "self-attention", clause = 4)
    @Test void outputsLieInTheHullOfTheValues() {
        double least = Double.POSITIVE_INFINITY, sums = 0, hull = Double.NEGATIVE_INFINITY;
        for (int trial = 0; trial < 100; trial++) {
            Tensor q = normal(trial, 2, 7, 5).mul(3), k = normal(trial + 500, 2, 9, 5), v = normal(trial + 900, 2, 9, 4);
            var weights = new Attention().weights(q, k);
            least = Math.min(least, weights.min().item());
            sums = Math.max(sums, distance(weights.sum(-1), Tensor.ones(DType.F64, 2, 7)));
            // The support function: along any direction, no output is beyond the furthest value.
            var directions = normal(trial + 7000, 4, 50);
            Tensor ys = new Attention().of(q, k, v).matmul(directions), vs = v.matmul(directions);
            hull = Math.max(hull, ys.max(1, false).sub(vs.max(1, false)).max().item());
        }
        Evidence.of("least weight", least, atLeast(0));
        Evidence.of("largest gap of a row's sum from 1", sums, below(1e-14));
        Evidence.of("furthest outside of the values' hull, in 50 directions", hull, atMost(1e-13));
    }

    @Acceptance(topic = "self-attention", clause = 5)
    @Test void orthogonalKeysRetrieveTheirValue() {
        double least = 1, worst = 0;
        for (int trial = 0; trial < 20; trial++) {
            int n = 8;
            var keys = Qr.of(normal(trial, n, n)).q();
            var values = normal(trial + 50, n, 3);
            var queries = keys.mul(10 * Math.sqrt(n)); // scores of 10 for the own key, 0 for the others
            var weights = new Attention().weights(queries, keys);
            for (int i = 0; i < n; i++) least = Math.min(least, weights.get(i).get(i).item());
            worst = Math.max(worst, distance(new Attention().of(queries, keys, values), values));
        }
        Evidence.of("least weight of the right value", least, above(0.999));
        Evidence.of("largest distance of what is retrieved", worst, below(0.01));
    }

    @Acceptance(topic = "self-attention", clause = 6)
    @Test void theMixingDependsOnTheInputWhereALinearLayersDoesNot() {
        var layer = new MultiHeadAttention(new AttentionConfig(8, 1).withDtype(DType.F64), Rng.of(6));
        var mixing = new Linear(5, 5, false, DType.F64, Init.torchLinear(5), Rng.of(7));
        Tensor one = normal(1, 1, 5, 8), two = normal(2, 1, 5, 8);
        Evidence.of("distance of the weights at two inputs", distance(layer.weights(one, one).values(), layer.weights(two, two).values()),
                above(0.01));
        // How each mixes positions, read off its derivative by the input along the sequence.
        var linear = (UnaryOperator<Tensor>) x -> Autograd.jacobian(z -> mixing.forward(z.transpose()).transpose(), x.get(0));
        Evidence.of("distance of a linear layer's mixing at two inputs", distance(linear.apply(one), linear.apply(two)), exactly(0));
        var attentive = (UnaryOperator<Tensor>) x -> Autograd.jacobian(layer::forward, x);
        Evidence.of("distance of attention's derivative at two inputs", distance(attentive.apply(one), attentive.apply(two)), above(0.01));
    }

    @Acceptance(topic = "causal-mask", clause = 2)
    @Test void theCausalMaskEqualsPyTorchsForSquaresAndRectangles() {
        var gap = Gap.relativeBeyondOne();
        int rectangles = 0;
        for (var c : GOLDEN.cases("causal")) {
            int[] n = c.ints("input.sizes");
            var twin = new Twin((long) c.number("input.seed"));
            Tensor q = twin.draw(n[0], n[1], n[2], n[4]).requiresGrad(), k = twin.draw(n[0], n[1], n[3], n[4]).requiresGrad(),
                    v = twin.draw(n[0], n[1], n[3], n[4]).requiresGrad();
            var masked = AttentionMask.causal().on(new Attention(), n[2], n[3]);
            twin.compare(gap, c, Map.of(), List.of(q, k, v), List.of(masked.of(q, k, v)));
            if (n[3] > n[2]) rectangles++;
        }
        Evidence.of("cases with more keys than queries", rectangles, atLeast(90));
        Evidence.of("largest gap", gap, below(1e-6));
    }

    @Acceptance(topic = "causal-self-attention", clause = 1)
    @Test void causalAttentionEqualsPyTorchForSquaresAndForMoreKeysThanQueries() {
        for (var type : List.of(DType.F32, DType.F64))
            Evidence.of(type + ": largest gap", parity("causal", type, new Attention().withCausal(true), 200),
                    below(type == DType.F32 ? 1e-5 : 1e-6));
    }

    @Acceptance(topic = "causal-self-attention", clause = 2)
    @Test void aLaterTokenChangesNoBitOfEarlierOutputs() {
        var layer = new MultiHeadAttention(new AttentionConfig(32, 4).withAttention(new Attention().withCausal(true)), Rng.of(8));
        long changed = 0, later = 0;
        for (int length : new int[] {7, 64, 150}) {
            var x = Tensor.randn(Rng.of(length), DType.F32, 1, length, 32).compute();
            var y = layer.forward(x).toDoubleArray();
            for (int t = 0; t < length; t += 3) {
                var other = Tensor.concat(1, x.narrow(1, 0, t), x.narrow(1, t, 1).add(1), x.narrow(1, t + 1, length - t - 1));
                double[] z = layer.forward(other).toDoubleArray();
                for (int i = 0; i < z.length; i++) if (Double.doubleToRawLongBits(z[i]) != Double.doubleToRawLongBits(y[i])) {
                    if (i < 32 * t) changed++;
                    else later++;
                }
            }
        }
        Evidence.of("numbers before the changed token that moved", changed, exactly(0));
        Evidence.of("numbers from it on that moved", later, above(1000));
    }

    @Acceptance(topic = "causal-self-attention", clause = 3)
    @Test void theJacobianOverPositionsIsLowerTriangular() {
        double upper = 0, lower = Double.POSITIVE_INFINITY;
        for (int trial = 0; trial < 20; trial++) {
            var layer = new MultiHeadAttention(
                    new AttentionConfig(6, 2).withDtype(DType.F64).withAttention(new Attention().withCausal(true)), Rng.of(trial));
            var jacobian = Autograd.jacobian(layer::forward, normal(trial, 1, 7, 6)).reshape(7, 6, 7, 6);
            for (int t = 0; t < 7; t++) for (int s = 0; s < 7; s++) {
                double size = jacobian.get(t).narrow(1, s, 1).abs().max().item();
                if (s > t) upper = Math.max(upper, size);
                else lower = Math.min(lower, size);
            }
        }
        Evidence.of("largest derivative above the diagonal", upper, exactly(0));
        Evidence.of("least block on or below it", lower, above(0));
    }

    @Acceptance(topic = "causal-self-attention", clause = 4)
    @Test void aPackedBatchEqualsSeparateRuns() {
        int[] lengths = {31, 7, 1, 90};
        var attention = new Attention().withCausal(true);
        Tensor q = Tensor.randn(Rng.of(1), DType.F32, 1, 4, 129, 16), k = Tensor.randn(Rng.of(2), DType.F32, 1, 2, 129, 16),
                v = Tensor.randn(Rng.of(3), DType.F32, 1, 2, 129, 16);
        var packed = attention.withPacking(Packing.of(lengths)).of(q, k, v);
        double worst = 0;
        int at = 0;
        for (int n : lengths) {
            worst = Math.max(worst,
                    distance(packed.narrow(2, at, n), attention.of(q.narrow(2, at, n), k.narrow(2, at, n), v.narrow(2, at, n))));
            at += n;
        }
        Evidence.of("largest distance from separate runs", worst, below(1e-6));
        Evidence.of("distance from a run over all of it", distance(packed, attention.of(q, k, v)), above(0.1));
    }

    @Acceptance(topic = "causal-self-attention", clause = 5)
    @Test void hiddenTilesAreLeftOut() {
        Tensor q = normal(1, 1, 1, 512, 32).to(DType.F32), k = normal(2, 1, 1, 512, 32).to(DType.F32),
                v = normal(3, 1, 1, 512, 32).to(DType.F32);
        double ratio = multiplyAdds(new Attention().withCausal(true), q, k, v) / multiplyAdds(new Attention(), q, k, v);
        Evidence.of("multiply-adds over those of full attention at n = 512", ratio, atMost(0.6));
        Evidence.of("at least the visible half of them", ratio, atLeast(0.5));
        Evidence.of("full attention's, counted over 2 n n d", multiplyAdds(new Attention(), q, k, v) / (2 * 512.0 * 512 * 32), exactly(1));
    }

    /** Multiply-adds of the products that the backend is handed, by their shapes. */
    private static double multiplyAdds(Attention attention, Tensor q, Tensor k, Tensor v) {
        try (var profile = Profile.start()) {
            attention.withMethod(Attention.Method.CHUNKED).of(q, k, v).compute();
            return profile.rows().stream().filter(r -> r.operation().contains("matmul")).mapToDouble(Profile.Row::operations).sum() / 2;
        }
    }

    @Acceptance(topic = "attention-mechanism", clause = 1)
    @Test void squaredDistancesGiveGaussianKernelRegression() {
        double worst = 0;
        for (int trial = 0; trial < 20; trial++) {
            int n = 30, d = 3;
            Tensor x = normal(trial, n, d), y = normal(trial + 100, n, 2), at = normal(trial + 200, 11, d);
            double width = 0.3 + 0.1 * trial;
            var predicted = new AttentionMechanism(AttentionScore.negativeSquaredDistance(1 / (2 * width * width))).of(at, x, y)
                    .toDoubleArray();
            double[] xs = x.toDoubleArray(), ys = y.toDoubleArray(), as = at.toDoubleArray();
            for (int q = 0; q < 11; q++) {
                double sum = 0;
                var mean = new double[2];
                for (int i = 0; i < n; i++) {
                    double square = 0;
                    for (int c = 0; c < d; c++) square += Math.pow((as[q * d + c] - xs[i * d + c]) / width, 2);
                    double kernel = Math.exp(-square / 2);
                    sum += kernel;
                    for (int c = 0; c < 2; c++) mean[c] += kernel * ys[2 * i + c];
                }
                for (int c = 0; c < 2; c++) worst = Math.max(worst, Math.abs(predicted[2 * q + c] - mean[c] / sum));
            }
        }
        Evidence.of("largest distance from Nadaraya and Watson's estimate", worst, below(1e-6));
    }

    @Acceptance(topic = "attention-mechanism", clause = 2)
    @Test void theScaledDotProductEqualsPyTorchs() {
        var gap = Gap.relativeBeyondOne();
        var cases = GOLDEN.cases("plain");
        for (var c : cases) {
            int[] n = c.ints("input.sizes");
            var twin = new Twin((long) c.number("input.seed"));
            Tensor q = twin.draw(n[0], n[1], n[2], n[4]).requiresGrad(), k = twin.draw(n[0], n[1], n[3], n[4]).requiresGrad(),
                    v = twin.draw(n[0], n[1], n[3], n[4]).requiresGrad();
            twin.compare(gap, c, Map.of(), List.of(q, k, v), List.of(new AttentionMechanism(AttentionScore.scaledDot()).of(q, k, v)));
        }
        Evidence.of("shapes", cases.size(), exactly(200));
        Evidence.of("largest gap of outputs and gradients", gap, below(1e-6));
    }

    @Acceptance(topic = "attention-mechanism", clause = 3)
    @Test void sharpScoresReturnTheNearestValue() {
        Tensor q = normal(1, 40, 4), k = normal(2, 12, 4), v = normal(3, 12, 3);
        int[] nearest = q.unsqueeze(1).sub(k.unsqueeze(0)).square().sum(-1).argmin(-1).toIntArray();
        var expected = v.rows(nearest);
        var scores = AttentionScore.negativeSquaredDistance(1e4);
        Evidence.of("softmax: distance from the nearest key's value", distance(new AttentionMechanism(scores).of(q, k, v), expected),
                below(1e-6));
        Evidence.of("sparsemax: the same, exactly",
                distance(new AttentionMechanism(scores).withNormaliser(AttentionMechanism.Normaliser.SPARSEMAX).of(q, k, v), expected),
                below(1e-12));
        Evidence.of("a flat score gives the mean instead",
                distance(new AttentionMechanism(AttentionScore.negativeSquaredDistance(0)).of(q, k, v), v.mean(0, true)), below(1e-14));
    }
}
