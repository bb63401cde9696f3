package lyceum.nn.loss;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.function.Function;
import lyceum.DType;
import lyceum.LyceumException;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Test;

class InfoNceTest {

    @Test
    @Acceptance(topic = "infonce", clause = 1) void equalsTorchCrossEntropyOverTheSimilarities() {
        var worst = Gap.relativeBeyondOne();
        int seen = 0, negatives = 0;
        for (var c : Golden.load("golden/infonce.json").list("cases")) {
            var recipe = new Recipe(c.integer("input.seed"));
            Tensor x = Tensor.of(recipe.matrix(5, 4)).requiresGrad(), y = Tensor.of(recipe.matrix(5, 4)).requiresGrad();
            var form = c.text("input.form");
            var others = form.equals("explicit") ? Tensor.of(recipe.bells(140), 5, 7, 4) : Tensor.of(recipe.matrix(7, 4));
            int rows = c.integer("input.maskRows"), columns = c.integer("input.maskColumns");
            var drawn = Tensor.of(recipe.uniforms(rows * columns), rows, columns).lt(0.3);
            var mask = c.text("name").contains("masked=True") ? drawn : null;
            boolean learned = c.text("name").contains("learned=True");
            double t = c.number("input.temperature");
            var scale = Tensor.scalar(-Math.log(t)).requiresGrad();
            var loss = (learned ? new InfoNce(99).withLogScale(scale) : new InfoNce(t)).withNormalised(!form.equals("dot"));
            var contrast = switch (form) {
                case "inBatch", "dot" -> loss.inBatch(x, y, mask);
                case "symmetric" -> loss.symmetric(x, y, mask);
                case "twoViews" -> loss.twoViews(x, y, mask);
                default -> loss.against(x, y, others, mask);
            };
            contrast.loss().backward();
            if (form.equals("explicit") || form.equals("queue") || form.equals("against")) {
                // negatives learn, too: along a direction by differences
                var along = Tensor.randn(Rng.of(seen), DType.F64, others.shape().toArray()).compute();
                double h = 1e-5, slope = loss.against(x.detach(), y.detach(), others.add(along.mul(h)), mask).loss().item()
                        - loss.against(x.detach(), y.detach(), others.sub(along.mul(h)), mask).loss().item();
                var g = Autograd.grad(o -> loss.against(x.detach(), y.detach(), o, mask).loss()).apply(others);
                assertThat(g.mul(along).sum().item()).isCloseTo(slope / (2 * h), within(1e-7));
                negatives++;
            }
            worst.see(c, "expected.loss", contrast.loss().item());
            worst.see(c, "expected.x", x.grad().toDoubleArray());
            worst.see(c, "expected.y", y.grad().toDoubleArray());
            if (learned) worst.see(c, "expected.logScale", scale.grad().toDoubleArray());
            seen++;
        }
        Evidence.of("forms, masks and temperatures", seen, exactly(48));
        assertThat(negatives).as("forms with negatives of their own").isGreaterThanOrEqualTo(8);
        Evidence.of("loss and gradients beside PyTorch", worst, below(1e-6));
    }

    @Test
    @Acceptance(topic = "infonce", clause = 2) void knowsNoOrderOfTheBatchAndNoScaleOfTheEmbeddings() {
        double order = 0, scale = 0, least = Double.POSITIVE_INFINITY;
        for (int run = 0; run < 50; run++) {
            var rng = Rng.of(run);
            Tensor x = Tensor.randn(rng, DType.F64, 16, 6).compute(), y = Tensor.randn(rng, DType.F64, 16, 6).compute();
            var others = Tensor.randn(rng, DType.F64, 9, 6).compute();
            int[] shuffled = rng.permutation(16);
            var loss = new InfoNce(0.2);
            var forms = new ArrayList<Function<Tensor[], Contrast>>();
            forms.add(in -> loss.inBatch(in[0], in[1]));
            forms.add(in -> loss.symmetric(in[0], in[1]));
            forms.add(in -> loss.twoViews(in[0], in[1]));
            forms.add(in -> loss.against(in[0], in[1], in[2]));
            var sizes = Tensor.rand(rng, DType.F64, 16, 1).add(0.01).mul(50);
            for (var form : forms) {
                double plain = form.apply(new Tensor[] {x, y, others}).loss().item();
                order = Math.max(order,
                        Math.abs(form.apply(new Tensor[] {x.rows(shuffled), y.rows(shuffled), others}).loss().item() - plain));
                scale = Math.max(scale,
                        Math.abs(form.apply(new Tensor[] {x.mul(1e-3), y.mul(sizes), others.mul(7)}).loss().item() - plain));
                // Else any constant would do: partners exchanged are another loss.
                least = Math.min(least, Math.abs(form.apply(new Tensor[] {x, y.rows(shuffled), others}).loss().item() - plain));
            }
        }
        Evidence.of("after a permutation", order, below(1e-12));
        Evidence.of("after scaling, each row by its own", scale, below(1e-12));
        Evidence.of("least change when partners are exchanged", least, above(1e-6));
    }

    /** The critic is the log density ratio of the coordinates, which are independent pairs of correlation rho. */
    private static double[] bounds(int k, int d, double rho, int batches, Rng rng) {
        var found = new double[batches];
        double r2 = rho * rho, a = r2 / (2 * (1 - r2)), b = rho / (1 - r2);
        for (int i = 0; i < batches; i++) {
            var x = Tensor.randn(rng, DType.F64, k, d);
            var y = x.mul(rho).add(Tensor.randn(rng, DType.F64, k, d).mul(Math.sqrt(1 - r2)));
            var scores = x.matmul(y.transpose()).mul(b).sub(x.square().sum(1).unsqueeze(1).add(y.square().sum(1)).mul(a))
                    .sub(d * Math.log1p(-r2) / 2);
            found[i] = Contrast.of(scores).informationBound();
        }
        return found;
    }

    @Test
    @Acceptance(topic = "infonce", clause = 3) void boundsTheInformationOfGaussians() {
        double worst = 0, over = Double.NEGATIVE_INFINITY, saturated = 0;
        for (int k : new int[] {64, 256}) for (int d : new int[] {1, 4, 16}) {
            double logK = Math.log(k);
            for (double information : d == 16 ? new double[] {logK / 4, 4 * logK} : new double[] {logK / 4, logK / 10}) {
                double rho = Math.sqrt(-Math.expm1(-2 * information / d)), mean = 0;
                for (double bound : bounds(k, d, rho, 300, Rng.of(100 * k + d))) {
                    over = Math.max(over, bound - logK);
                    mean += bound / 300;
                }
                if (information <= logK / 4) worst = Math.max(worst, Math.abs(mean - information));
                else saturated = Math.max(saturated, logK - mean);
            }
        }
        Evidence.of("bound less log K, largest", over, atMost(0));
        Evidence.of("mean bound beside the information, where that is at most log(K) / 4", worst, below(0.1));
        Evidence.of("log K less the mean bound of four times as much information, 16 dimensions", saturated, below(0.05));
    }

    @Test
    @Acceptance(topic = "infonce", clause = 4) void lowerTemperaturesPushTheHardestNegative() {
        int rows = 0, falls = 0;
        double low = 0, high = 0;
        for (int run = 0; run < 50; run++) {
            var rng = Rng.of(run);
            Tensor x = Tensor.randn(rng, DType.F64, 12, 8), y = Tensor.randn(rng, DType.F64, 12, 8).add(x.mul(0.7)).compute();
            double[] last = null;
            for (double t : new double[] {1, 0.5, 0.2, 0.1}) {
                var loss = new InfoNce(t).withReduction(Reduction.SUM).withNormalised(false);
                // Unit vectors beside an identity: the gradient by the first operand is the one by the similarities.
                var similarities = new InfoNce(1).inBatch(x, y).logits().detach();
                var g = Autograd.grad(s -> loss.inBatch(s, Tensor.eye(DType.F64, 12)).loss()).apply(similarities).toRows();
                double[][] keys = y.toRows(), queries = x.toRows();
                var share = new double[12];
                for (int i = 0; i < 12; i++) {
                    // the hardest by its cosine, written out
                    int hardest = -1;
                    double most = Double.NEGATIVE_INFINITY, all = 0;
                    for (int j = 0; j < 12; j++) if (j != i) {
                        double cosine = cosine(queries[i], keys[j]);
                        if (cosine > most) {
                            most = cosine;
                            hardest = j;
                        }
                        all += g[i][j];
                    }
                    share[i] = g[i][hardest] / all;
                    if (last != null) {
                        rows++;
                        if (!(share[i] > last[i])) falls++;
                    }
                }
                if (t == 1) low = Math.max(low, share[0]);
                if (t == 0.1) high = Math.max(high, share[0]);
                last = share;
            }
        }
        Evidence.of("rows and steps of temperature", rows, exactly(50 * 12 * 3));
        Evidence.of("of these, where the hardest negative's share does not grow", falls, exactly(0));
        assertThat(high).isGreaterThan(low);
    }

    private static double cosine(double[] a, double[] b) {
        double ab = 0, aa = 0, bb = 0;
        for (int i = 0; i < a.length; i++) {
            ab += a[i] * b[i];
            aa += a[i] * a[i];
            bb += b[i] * b[i];
        }
        return ab / Math.sqrt(aa * bb);
    }

    @Test void aMaskHidesNegativesButNeverThePartner() {
        var rng = Rng.of(8);
        Tensor x = Tensor.randn(rng, DType.F64, 4, 3), y = Tensor.randn(rng, DType.F64, 4, 3);
        var all = Tensor.ones(DType.F64, 4, 4).gt(0);
        var contrast = new InfoNce().inBatch(x, y, all);
        assertThat(contrast.loss().item()).isZero();
        assertThat(contrast.accuracy()).isEqualTo(1);
        assertThat(Autograd.grad(v -> new InfoNce().inBatch(v, y, all).loss()).apply(x).isFinite().all().item()).isEqualTo(1);
    }

    @Test void theBoundCountsTheCandidatesThatAMaskLeaves() {
        // equal scores: no query tells its partner, whatever the mask hides, so the bound is 0
        var hidden = Tensor.of(new boolean[] {false, true, true, false, false, true, false, false, false}, 3, 3);
        var equal = new Contrast(Tensor.zeros(DType.F64, 3, 3).maskedFill(hidden, Double.NEGATIVE_INFINITY), Tensor.arange(3),
                Reduction.SUM);
        assertThat(equal.informationBound()).isCloseTo(0, within(1e-15));
        // perfect scores reach the mean of the logarithms
        var sure = new Contrast(Tensor.eye(DType.F64, 3).mul(1e4).maskedFill(hidden, Double.NEGATIVE_INFINITY), Tensor.arange(3),
                Reduction.NONE);
        assertThat(sure.informationBound()).isCloseTo((Math.log(1) + Math.log(2) + Math.log(3)) / 3, within(1e-15));
    }

    @Test void aQueueHoldsTheLastKeys() {
        var queue = new NegativeQueue(5, 2);
        assertThatThrownBy(queue::keys).isInstanceOf(LyceumException.class).hasMessageContaining("empty");
        for (int i = 0; i < 4; i++) queue.push(Tensor.of(new double[][] {{2 * i, 0}, {2 * i + 1, 0}}));
        assertThat(queue.size()).isEqualTo(5);
        assertThat(queue.keys().select(1, 0).toDoubleArray()).containsExactly(3, 4, 5, 6, 7);
        assertThatThrownBy(() -> queue.push(Tensor.zeros(2, 3))).isInstanceOf(ShapeException.class).hasMessageContaining("(n, 2)");
    }

    @Test void stableAtTheTemperatureWhereExponentialsOverflow() {
        var x = Tensor.randn(Rng.of(9), 6, 4);
        var loss = Loss.infoNce(x, x, 0.001);
        assertThat(loss.item()).isCloseTo(0, within(1e-3));
        assertThat(Autograd.grad(v -> Loss.infoNce(v, x, 0.001)).apply(x).isFinite().all().item()).isEqualTo(1);
    }

    @Test void refusesWhatDoesNotFit() {
        var x = Tensor.ones(4, 3);
        assertThatThrownBy(() -> new InfoNce(0)).hasMessage("InfoNce: temperature is 0.0; it is above 0");
        assertThatThrownBy(() -> Loss.infoNce(x, Tensor.ones(5, 3), 1)).isInstanceOf(ShapeException.class).hasMessageContaining("(5, 3)");
        assertThatThrownBy(() -> new InfoNce().against(x, x, Tensor.ones(3, 7, 3))).hasMessageContaining("negatives (3, 7, 3)");
        assertThatThrownBy(() -> new InfoNce().inBatch(x, x, Tensor.ones(2, 2))).hasMessageContaining("false negatives (2, 2)");
        assertThatThrownBy(() -> Contrast.of(Tensor.ones(2, 3))).hasMessageContaining("want a square");
    }
}
