package lyceum.nn.loss;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
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

class CtcLossTest {

    @Test
    @Acceptance(topic = "ctc-rnnt", clause = 1) void equalsTorchAndTheSumOverAllPaths() {
        var torch = Gap.relativeBeyondOne();
        int seen = 0, infinite = 0;
        for (var c : Golden.load("golden/ctc.json").list("cases")) {
            int n = c.integer("input.n"), t = c.integer("input.t"), classes = c.integer("input.classes");
            var logits = Tensor.of(new Recipe(c.integer("input.seed")).bells(t * n * classes), t, n, classes).mul(2).compute();
            var labels = c.intMatrix("input.targets");
            var loss = new CtcLoss().withZeroInfinity(c.text("name").contains("zero=True"))
                    .withReduction(Reduction.valueOf(c.text("input.reduction").toUpperCase(Locale.ROOT)));
            var value = loss.of(logits.logSoftmax(2), c.ints("input.inputLengths"), labels);
            torch.see(c, "expected.loss", value.toDoubleArray());
            for (double v : value.toDoubleArray()) if (Double.isInfinite(v)) infinite++;
            if (c.has("expected.gradient")) torch.see(c, "expected.gradient",
                    Autograd.grad(z -> loss.of(z.logSoftmax(2), c.ints("input.inputLengths"), labels).sum()).apply(logits).toDoubleArray());
            seen++;
        }
        Evidence.of("cases beside PyTorch", seen, exactly(8));
        Evidence.of("of them infinite losses", infinite, above(0));
        Evidence.of("loss and gradient beside PyTorch", torch, atMost(1e-5));

        double worst = 0;
        int texts = 0;
        for (int time = 1; time <= 6; time++) for (int run = 0; run < 5; run++) {
            var logProbs = Tensor.randn(Rng.of(10 * time + run), DType.F64, time, 1, 3).mul(2).logSoftmax(2).compute();
            for (var text : enumerate(logProbs.select(1, 0).toRows()).entrySet()) {
                var labels = new int[][] {text.getKey().stream().mapToInt(Integer::intValue).toArray()};
                double loss = new CtcLoss().withReduction(Reduction.SUM).of(logProbs, new int[] {time}, labels).item();
                worst = Math.max(worst, Math.abs(loss + Math.log(text.getValue())));
                texts++;
            }
        }
        Evidence.of("texts of up to six frames", texts, above(400));
        Evidence.of("loss beside the sum over all paths", worst, atMost(1e-5));
    }

    /** The probability of each text: of every path, its repeats merged and blanks deleted. */
    static Map<List<Integer>, Double> enumerate(double[][] logProbs) {
        int time = logProbs.length, classes = logProbs[0].length;
        var found = new HashMap<List<Integer>, Double>();
        for (int code = 0; code < Math.pow(classes, time); code++) {
            var text = new ArrayList<Integer>();
            double log = 0;
            for (int t = 0, rest = code, last = 0; t < time; t++, rest /= classes) {
                int symbol = rest % classes;
                log += logProbs[t][symbol];
                if (symbol != 0 && symbol != last) text.add(symbol);
                last = symbol;
            }
            found.merge(text, Math.exp(log), Double::sum);
        }
        return found;
    }

    @Test void itsGradientIsThatOfTheLossItself() {
        var rng = Rng.of(2);
        var logProbs = Tensor.randn(rng, DType.F64, 6, 3, 4).logSoftmax(2).compute();
        int[] frames = {6, 4, 2};
        int[][] labels = {{1, 1, 3}, {2, 3}, {}};
        var loss = new CtcLoss();
        double[] x = logProbs.toDoubleArray(), g = Autograd.grad(z -> loss.of(z, frames, labels)).apply(logProbs).toDoubleArray();
        for (int i = 0; i < x.length; i++) {
            double[] up = x.clone(), down = x.clone();
            up[i] += 1e-5;
            down[i] -= 1e-5;
            double slope = (loss.of(Tensor.of(up, 6, 3, 4), frames, labels).item()
                    - loss.of(Tensor.of(down, 6, 3, 4), frames, labels).item()) / 2e-5;
            assertThat(g[i]).isCloseTo(slope, within(1e-8));
        }
        assertThat(Autograd.noGrad(() -> loss.of(logProbs, frames, labels)).item()).isEqualTo(loss.of(logProbs, frames, labels).item());
        assertThatThrownBy(() -> Autograd.hvp(z -> loss.of(z, frames, labels), logProbs, logProbs)).isInstanceOf(LyceumException.class);
    }

    @Test void theAlignmentIsTheBestPathOfItsText() {
        for (int run = 0; run < 50; run++) {
            var rng = Rng.of(run);
            var logProbs = Tensor.randn(rng, DType.F64, 5, 3).mul(2).logSoftmax(1).compute();
            double[][] p = logProbs.toRows();
            int[] labels = run % 2 == 0 ? new int[] {1, 1} : new int[] {2, 1};
            var found = new CtcLoss().align(logProbs, labels);
            double best = Double.NEGATIVE_INFINITY;
            for (int code = 0; code < 243; code++) {
                double log = 0;
                var text = new ArrayList<Integer>();
                for (int t = 0, rest = code, last = 0; t < 5; t++, rest /= 3) {
                    log += p[t][rest % 3];
                    if (rest % 3 != 0 && rest % 3 != last) text.add(rest % 3);
                    last = rest % 3;
                }
                if (text.equals(Arrays.stream(labels).boxed().toList())) best = Math.max(best, log);
            }
            assertThat(found.logProbability()).isCloseTo(best, within(1e-12));
            double own = 0;
            for (int t = 0; t < 5; t++) own += p[t][found.path()[t]];
            assertThat(own).isCloseTo(best, within(1e-12));
            for (int i = 0; i < 2; i++)
                for (int t = found.starts()[i]; t < found.ends()[i]; t++) assertThat(found.path()[t]).isEqualTo(labels[i]);
        }
    }

    @Test void thePosteriorIsTheSharesOfPaths() {
        var logProbs = Tensor.randn(Rng.of(9), DType.F64, 6, 3).mul(2).logSoftmax(1).compute();
        var posterior = new CtcLoss().posterior(logProbs, 1, 1, 2);
        assertThat(posterior.sum(1).sub(1).abs().max().item()).isLessThan(1e-12);
        var g = Autograd.grad(z -> new CtcLoss().withReduction(Reduction.SUM).of(z.unsqueeze(1), new int[] {6}, new int[][] {{1, 1, 2}}))
                .apply(logProbs);
        var ones = posterior.select(1, 1).add(posterior.select(1, 3));
        assertThat(g.select(1, 1).add(ones).abs().max().item()).isLessThan(1e-12);
        assertThat(posterior.item(0, 3)).isZero();
    }

    @Test void refusesWhatDoesNotFit() {
        var p = Tensor.zeros(4, 1, 3).logSoftmax(2);
        var loss = new CtcLoss();
        assertThatThrownBy(() -> loss.of(p, new int[] {5}, new int[][] {{1}})).hasMessageContaining("item 0 has 5 frames");
        assertThatThrownBy(() -> loss.of(p, new int[] {4}, new int[][] {{0}}))
                .hasMessageContaining("label 0; labels are 0 to 2 without the blank, 0");
        assertThatThrownBy(() -> loss.of(p, new int[] {4, 4}, new int[][] {{1}, {1}})).isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> loss.align(p.select(1, 0), 1, 1, 1)).isInstanceOf(LyceumException.class)
                .hasMessageContaining("[1, 1, 1] over 4 frames");
        assertThat(loss.withReduction(Reduction.NONE).of(p, new int[] {0}, new int[][] {{}}).item(0)).isZero();
    }
}
