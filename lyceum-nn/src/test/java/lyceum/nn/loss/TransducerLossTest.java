package lyceum.nn.loss;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.nn.Transducer;
import lyceum.optim.Adam;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class TransducerLossTest {

    @Test
    @Acceptance(topic = "ctc-rnnt", clause = 2) void equalsTheSumOverAllWalksAndItsGradientDifferences() {
        double worst = 0, slopes = 0;
        int lattices = 0;
        for (int time = 1; time <= 4; time++) for (int written = 0; written <= 4; written++) {
            var rng = Rng.of(10 * time + written);
            // A second item of another size beside it, so that strides and padding show.
            int[] frames = {time, 2};
            int[][] labels = {new int[written], {2}};
            for (int u = 0; u < written; u++) labels[0][u] = 1 + rng.nextInt(3);
            int rows = Math.max(time, 2), columns = Math.max(written, 1) + 1;
            var logProbs = Tensor.randn(rng, DType.F64, 2, rows, columns, 4).mul(2).logSoftmax(3).compute();
            var loss = new TransducerLoss().withReduction(Reduction.NONE);
            double[] found = loss.of(logProbs, frames, labels).toDoubleArray();
            for (int n = 0; n < 2; n++) {
                var p = logProbs.get(n);
                worst = Math.max(worst, Math.abs(found[n] + Math.log(walks(p, frames[n], labels[n], 0, 0))));
                lattices++;
            }
            var sum = loss.withReduction(Reduction.SUM);
            double[] x = logProbs.toDoubleArray(), g = Autograd.grad(z -> sum.of(z, frames, labels)).apply(logProbs).toDoubleArray();
            for (int i = 0; i < x.length; i++) {
                double[] up = x.clone(), down = x.clone();
                up[i] += 1e-4;
                down[i] -= 1e-4;
                long[] shape = logProbs.shape().toArray();
                double slope = (sum.of(Tensor.of(up, shape), frames, labels).item() - sum.of(Tensor.of(down, shape), frames, labels).item())
                        / 2e-4;
                slopes = Math.max(slopes, Math.abs(g[i] - slope));
            }
        }
        Evidence.of("lattices", lattices, above(39));
        Evidence.of("loss beside the sum over all walks", worst, atMost(1e-9));
        Evidence.of("gradient beside central differences", slopes, atMost(1e-5));
    }

    /** The probability of all walks from (t, u) to the end. */
    private static double walks(Tensor p, int frames, int[] labels, int t, int u) {
        if (t == frames) return u == labels.length ? 1 : 0;
        double sum = Math.exp(p.item(t, u, 0)) * walks(p, frames, labels, t + 1, u);
        if (u < labels.length) sum += Math.exp(p.item(t, u, labels[u])) * walks(p, frames, labels, t, u + 1);
        return sum;
    }

    @Test void beamSearchAddsUpTheWalksOfEachText() {
        var rng = Rng.of(5);
        var transducer = new Transducer(3, 3, 8, rng);
        var encoded = Tensor.randn(rng, 3, 3).mul(2).compute();
        var texts = new ArrayList<int[]>(List.of(new int[0]));
        for (int i = 0; i < texts.size() && texts.get(i).length < 3; i++) for (int k = 1; k < 3; k++) {
            int[] longer = Arrays.copyOf(texts.get(i), texts.get(i).length + 1);
            longer[longer.length - 1] = k;
            texts.add(longer);
        }
        // At a width that drops nothing, with as many labels a frame as there are at all, a text's score is its likelihood.
        var beam = transducer.beam(encoded, 100_000, 3);
        for (var text : texts) {
            double loss = new TransducerLoss()
                    .of(transducer.logProbs(encoded.unsqueeze(0), new int[][] {text}), new int[] {3}, new int[][] {text}).item();
            var hypothesis = beam.stream().filter(h -> Arrays.equals(h.labels(), text)).findFirst().orElseThrow();
            assertThat(hypothesis.score()).isCloseTo(-loss, within(1e-4));
        }
        for (int i = 1; i < beam.size(); i++) assertThat(beam.get(i).score()).isLessThanOrEqualTo(beam.get(i - 1).score());
        assertThat(transducer.forward(encoded.unsqueeze(0)).shape().toArray()).containsExactly(1, 3, 3);
        // The best walk, a step at a time, against the joint network's own values.
        int[] greedy = transducer.greedy(encoded, 4);
        var p = transducer.logProbs(encoded.unsqueeze(0), new int[][] {greedy}).get(0);
        int u = 0;
        for (int t = 0; t < 3; t++) for (int i = 0; i < 4; i++) {
            int best = (int) p.get(t, u).argmax(0).itemLong();
            if (best == 0) break;
            assertThat(greedy[u++]).isEqualTo(best);
        }
        assertThat(u).isEqualTo(greedy.length);
    }

    @Test void learnsToWriteAtItsOwnPace() {
        var rng = Rng.of(6);
        var transducer = new Transducer(4, 4, 24, rng);
        var optimizer = new Adam(1e-2).over(transducer.parameters());
        for (int step = 0; step < 150; step++) {
            int[][] labels = new int[8][];
            var x = frames(rng, labels);
            optimizer.zeroGrad();
            new TransducerLoss().of(transducer.logProbs(x, labels), new int[] {6, 6, 6, 6, 6, 6, 6, 6}, labels).backward();
            optimizer.step();
        }
        int[][] labels = new int[8][];
        var x = frames(rng, labels);
        int right = 0;
        for (int n = 0; n < 8; n++) {
            assertThat(transducer.beam(x.get(n), 4, 2).getFirst().labels()).isEqualTo(transducer.greedy(x.get(n), 2));
            if (Arrays.equals(transducer.greedy(x.get(n), 2), labels[n])) right++;
        }
        assertThat(right).isGreaterThanOrEqualTo(7);
    }

    /** Six frames, some of which show one of three labels, never the last one again: whether that is written already, only the prediction tells. */
    private static Tensor frames(Rng rng, int[][] labels) {
        var x = new float[labels.length * 6 * 4];
        for (int n = 0; n < labels.length; n++) {
            var text = new ArrayList<Integer>();
            for (int t = 0; t < 6; t++) {
                int label = rng.nextInt(4);
                if (!text.isEmpty() && text.getLast() == label) label = 0;
                x[(n * 6 + t) * 4 + label] = 1;
                if (label > 0) text.add(label);
            }
            labels[n] = text.stream().mapToInt(Integer::intValue).toArray();
        }
        return Tensor.of(x, labels.length, 6, 4);
    }

    @Test void refusesWhatDoesNotFit() {
        var p = Tensor.zeros(1, 2, 2, 3);
        var loss = new TransducerLoss();
        assertThatThrownBy(() -> loss.of(p, new int[] {2}, new int[][] {{1, 1}})).hasMessageContaining("2 frames and 2 labels");
        assertThatThrownBy(() -> loss.of(p, new int[] {2}, new int[][] {{0}})).hasMessageContaining("label 0");
        assertThatThrownBy(() -> loss.of(p.get(0), new int[] {2}, new int[][] {{1}})).isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> loss.withBlank(7).of(p, new int[] {2}, new int[][] {{1}})).hasMessageContaining("blank is 7");
    }
}
