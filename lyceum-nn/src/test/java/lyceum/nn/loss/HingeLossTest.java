package lyceum.nn.loss;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.LinkedHashMap;
import java.util.Map;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.data.Datasets;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class HingeLossTest {
    private static final int POINTS = 10_000;

    private static Map<String, WeightedLoss> binary() {
        var all = new LinkedHashMap<String, WeightedLoss>();
        all.put("hinge", Loss.hinge());
        all.put("squared hinge", Loss.squaredHinge());
        all.put("smoothed hinge", Loss.smoothedHinge(1));
        return all;
    }

    private static Map<String, WeightedLoss> several() {
        var all = new LinkedHashMap<String, WeightedLoss>();
        all.put("Crammer-Singer", Loss.crammerSinger(1));
        all.put("Weston-Watkins", Loss.westonWatkins(1));
        all.put("multi-margin", Loss.multiMargin(1, 1));
        all.put("squared multi-margin", Loss.multiMargin(2, 1));
        return all;
    }

    @Test
    @Acceptance(topic = "hinge-loss", clause = 1) void equalsTorchAndTheFormulas() {
        Gap torch = Gap.relativeBeyondOne(), formulas = Gap.relativeBeyondOne();
        var seen = LossCase.named("hingeEmbedding", "multiMargin", "rankingHinge");
        for (var c : seen) c.see(torch, DType.F64);
        for (var c : LossCase.named("hinge", "squaredHinge", "smoothedHinge", "crammerSinger", "westonWatkins")) c.see(formulas, DType.F64);
        Evidence.of("cases", seen.size(), exactly(150));
        Evidence.of("HingeEmbeddingLoss, MultiMarginLoss, MarginRankingLoss", torch, atMost(1e-7));
        Evidence.of("written formulas", formulas, atMost(1e-7));
    }

    /**
     * {@code f(q) >= f(p) + g(p) (q - p)}; scores are multiples of a quarter, so that hundreds of points lie exactly on a corner or tie.
     */
    @Test
    @Acceptance(topic = "hinge-loss", clause = 1) void gradientsAreSubgradientsAtCornersToo() {
        double worst = Double.NEGATIVE_INFINITY;
        var rng = Rng.of(1);
        Tensor t = Tensor.randint(rng, 0, 2, POINTS).to(DType.F64).mul(2).sub(1).compute(), p = quarters(rng, POINTS),
                q = quarters(rng, POINTS);
        Evidence.of("corners among the points", t.mul(p).eq(1).to(DType.F64).sum().item(), atLeast(300));
        for (var loss : binary().values()) {
            var g = Autograd.grad(x -> loss.withReduction(Reduction.SUM).of(x, t)).apply(p);
            worst = Math.max(worst, loss.each(p, t).add(g.mul(q.sub(p))).sub(loss.each(q, t)).max().item());
        }
        Tensor classes = Tensor.randint(rng, 0, 4, POINTS), s = quarters(rng, POINTS, 4), r = quarters(rng, POINTS, 4);
        for (var loss : several().values()) {
            var g = Autograd.grad(x -> loss.withReduction(Reduction.SUM).of(x, classes)).apply(s);
            worst = Math.max(worst, loss.each(s, classes).add(g.mul(r.sub(s)).sum(1)).sub(loss.each(r, classes)).max().item());
        }
        Evidence.of("f(p) + g (q - p) - f(q)", worst, atMost(1e-12));
    }

    private static Tensor quarters(Rng rng, long... shape) { return Tensor.randint(rng, -12, 13, shape).to(DType.F64).div(4).compute(); }

    @Test
    @Acceptance(topic = "hinge-loss", clause = 2) void examplesBeyondTheMarginHaveNoGradient() {
        var rng = Rng.of(2);
        Tensor t = Tensor.randint(rng, 0, 2, POINTS).to(DType.F64).mul(2).sub(1).compute();
        double largest = 0, least = Double.POSITIVE_INFINITY;
        Tensor f = Tensor.randn(rng, DType.F64, POINTS).mul(2).compute(), margin = t.mul(f);
        for (var loss : binary().values()) {
            var g = Autograd.grad(x -> loss.withReduction(Reduction.SUM).of(x, t)).apply(f).abs();
            largest = Math.max(largest, margin.gt(1).where(g, g.zerosLike()).max().item());
            least = Math.min(least, margin.lt(1).where(g, g.onesLike()).min().item());
        }
        Tensor s = Tensor.randn(rng, DType.F64, POINTS, 3).mul(2).compute(), classes = Tensor.randint(rng, 0, 3, POINTS);
        var own = s.gather(1, classes.unsqueeze(1));
        var rivals = classes.unsqueeze(1).eq(Tensor.arange(3)).where(Tensor.full(DType.F64, -100), s).max(1);
        var ahead = own.squeeze(1).sub(rivals).gt(1);
        for (var loss : several().values()) {
            var g = Autograd.grad(x -> loss.withReduction(Reduction.SUM).of(x, classes)).apply(s).abs().max(1);
            largest = Math.max(largest, ahead.where(g, g.zerosLike()).max().item());
        }
        Evidence.of("examples beyond the margin", margin.gt(1).or(ahead).to(DType.F64).sum().item(), atLeast(3000));
        Evidence.of("their largest gradient", largest, exactly(0));
        assertThat(least).as("within the margin it is not 0").isPositive();
    }

    /** Halves, so that zeros and ties between classes are many; a tie is an error. */
    @Test
    @Acceptance(topic = "hinge-loss", clause = 3) void boundsTheErrorsFromAbove() {
        var rng = Rng.of(3);
        Tensor t = Tensor.randint(rng, 0, 2, POINTS).to(DType.F64).mul(2).sub(1).compute(),
                f = Tensor.randint(rng, -6, 7, POINTS).to(DType.F64).div(2);
        var wrong = t.mul(f).le(0).to(DType.F64);
        double least = Double.POSITIVE_INFINITY;
        for (var loss : new WeightedLoss[] {Loss.hinge(), Loss.squaredHinge()})
            least = Math.min(least, loss.each(f, t).sub(wrong).min().item());
        Evidence.of("scores of exactly 0", f.eq(0).to(DType.F64).sum().item(), atLeast(500));
        Evidence.of("least hinge or squared hinge less error", least, atLeast(0));

        Tensor s = Tensor.randint(rng, -6, 7, POINTS, 4).to(DType.F64).div(2).compute(), classes = Tensor.randint(rng, 0, 4, POINTS);
        double[][] rows = s.toRows();
        var errors = new double[POINTS];
        int ties = 0;
        for (int i = 0; i < POINTS; i++) {
            int own = (int) classes.itemLong(i);
            double best = Double.NEGATIVE_INFINITY;
            for (int k = 0; k < 4; k++) if (k != own) best = Math.max(best, rows[i][k]);
            errors[i] = best >= rows[i][own] ? 1 : 0;
            if (best == rows[i][own]) ties++;
        }
        double both = Double.POSITIVE_INFINITY;
        for (var loss : new WeightedLoss[] {Loss.crammerSinger(1), Loss.westonWatkins(1)})
            both = Math.min(both, loss.each(s, classes).sub(Tensor.of(errors)).min().item());
        Evidence.of("ties of the best classes", ties, atLeast(500));
        Evidence.of("least multiclass hinge less error", both, atLeast(0));
    }

    /** The batch form, all examples a step; the intercept is a column of ones and is penalised, as LinearSVC's. */
    @Test
    @Tag("slow")
    @Acceptance(topic = "hinge-loss", clause = 4) void pegasosReachesLinearSvc() {
        var data = Datasets.breastCancer().standardised();
        int n = data.size();
        Tensor x = Tensor.concat(1, data.x().to(DType.F64), Tensor.ones(DType.F64, n, 1)).compute(),
                y = data.y().eq(1).to(DType.F64).mul(2).sub(1).compute();
        double lambda = 1.0 / n;
        var loss = Loss.hinge();
        var slope = Autograd.grad(w -> loss.of(x.matmul(w), y));
        var w = Tensor.zeros(DType.F64, 31);
        for (int t = 1; t <= 15_000; t++) w = w.mul(1 - 1.0 / t).sub(slope.apply(w).div(lambda * t)).compute();
        double objective = lambda / 2 * w.square().sum().item() + loss.of(x.matmul(w), y).item();
        double reached = Golden.load("golden/pegasos.json").named("breast cancer").number("expected.objective");
        Evidence.of("objective over LinearSVC's, less 1", Math.abs(objective / reached - 1), below(1e-3));
    }

    /** The article's numbers. */
    @Test void knownValues() {
        Tensor scores = Tensor.of(2.0, 1.5, 1.2), first = Tensor.of(new long[] {0}).reshape();
        assertThat(Loss.crammerSinger(1).of(scores, first).item()).isCloseTo(0.5, within(1e-15));
        assertThat(Loss.westonWatkins(1).of(scores, first).item()).isCloseTo(0.7, within(1e-15));
        assertThat(Loss.multiMargin(1, 1).of(scores, first).item()).isCloseTo(0.7 / 3, within(1e-15));
        Tensor margins = Tensor.of(2.3, 1.0, 0.4, -1.5), ones = Tensor.ones(DType.F64, 4);
        assertThat(Loss.hinge().each(margins, ones).toDoubleArray()).containsExactly(new double[] {0, 0, 0.6, 2.5}, within(1e-15));
        assertThat(Loss.squaredHinge().each(margins, ones).toDoubleArray()).containsExactly(new double[] {0, 0, 0.36, 6.25}, within(1e-15));
        assertThat(Loss.smoothedHinge(1).each(margins, ones).toDoubleArray()).containsExactly(new double[] {0, 0, 0.18, 2}, within(1e-15));
        assertThat(Loss.softMargin().each(margins, ones).toDoubleArray()).containsExactly(new double[] {0.096, 0.313, 0.513, 1.701},
                within(1e-3));
    }
}
