package lyceum.train;

import java.util.function.Consumer;
import java.util.function.Supplier;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.linalg.Svd;
import lyceum.tensor.Tensor;

/**
 * Four measures of how far a classifier's last layer has collapsed to a simplex. All are 0 (agreement: 1) for a perfect one.
 *
 * {@snippet :
 * var collapse = NeuralCollapse.of(features, labels, head.weight(), head.bias());
 * var trainer = settings.withListener(NeuralCollapse.listener(() -> NeuralCollapse.of(body.forward(x), y, head.weight(), head.bias()), trace::add));
 * }
 *
 * <p>With class means {@code m_k}, their centre {@code m_G} (the mean of these, not of all rows), {@code M} of rows {@code m_k - m_G}, scatter
 * {@code S_W} of rows about their class mean and {@code S_B} of class means about the centre (each class counts once, each row of a class alike):
 *
 * @param variability NC1: {@code tr(S_W S_B^+) / K}
 * @param meanNorms NC2: deviation over mean of the lengths of M's rows
 * @param weightNorms NC2: the same of the head's rows
 * @param meanAngles NC2: mean over pairs of {@code |cos + 1 / (K - 1)|} between M's rows. (The mean cosine itself tells nothing: centred means of
 *        equal length have it whatever their angles.)
 * @param weightAngles NC2: the same of the head's rows, centred
 * @param worstAngle the largest {@code |cos + 1 / (K - 1)|} of pairs of M's rows
 * @param selfDuality NC3: Frobenius distance of {@code W / |W|} from {@code M / |M|}, W centred over classes
 * @param agreement NC4: share of rows whose class by the head is that of the nearest class mean
 * @see <a href="https://arxiv.org/abs/2008.08186">Papyan, Han and Donoho (2020)</a>
 */
public record NeuralCollapse(double variability, double meanNorms, double weightNorms, double meanAngles, double weightAngles,
        double worstAngle, double selfDuality, double agreement) {

    /**
     * @param features (n, d): what goes into the last layer, of training rows
     * @param labels (n), classes 0 to K - 1, each at least once
     * @param weight (K, d) of the last layer, {@code K >= 2}
     * @param bias (K), or null
     */
    public static NeuralCollapse of(Tensor features, Tensor labels, Tensor weight, Tensor bias) {
        if (features.rank() != 2 || weight.rank() != 2 || weight.size(0) < 2 || features.size(1) != weight.size(1) || labels.rank() != 1
                || labels.size(0) != features.size(0))
            throw new ShapeException("NeuralCollapse: features " + features.shape() + ", labels " + labels.shape() + ", weight "
                    + weight.shape() + "; they are (n, d), (n) and (K, d) with K at least 2");
        return Autograd.noGrad(() -> measured(features.detach().to(DType.F64).compute(), labels.to(DType.I64).compute(),
                weight.detach().to(DType.F64), bias == null ? null : bias.detach().to(DType.F64)));
    }

    private static NeuralCollapse measured(Tensor h, Tensor labels, Tensor weight, Tensor bias) {
        int k = (int) weight.size(0);
        if (!h.isFinite().all().toBooleanArray()[0]) throw new IllegalArgumentException("NeuralCollapse: a feature is not finite");
        var counts = new double[k];
        for (long label : labels.toLongArray()) {
            if (label < 0 || label >= k) throw new IllegalArgumentException("NeuralCollapse: label " + label + " of " + k + " classes");
            counts[(int) label]++;
        }
        for (int c = 0; c < k; c++) if (counts[c] == 0) throw new IllegalArgumentException("NeuralCollapse: class " + c + " has no row");
        var means = h.segmentMean(labels, k).compute();
        // Each class counts alike, whatever its size.
        var centred = means.sub(means.mean(0, true)).compute();
        var within = h.sub(means.indexSelect(0, labels)).div(Tensor.of(counts).sqrt().indexSelect(0, labels).unsqueeze(1)).compute();
        // tr(S_W S_B^+) = sum over rows of |S_B^{+1/2} row|^2, in the at most K - 1 directions in which class means differ.
        var svd = Svd.of(centred);
        double[] s = svd.s().toDoubleArray(), along = within.matmul(svd.v()).square().sum(0).toDoubleArray();
        double variability = 0;
        for (int i = 0; i < s.length; i++) if (s[i] > 1e-10 * s[0]) variability += along[i] / (s[i] * s[i]);
        var head = weight.sub(weight.mean(0, true)).compute();
        var angles = angles(centred);
        var logits = h.matmul(weight.transpose());
        if (bias != null) logits = logits.add(bias);
        // The nearest mean: |h - m|^2 = |h|^2 - 2 h m + |m|^2.
        var nearest = h.matmul(means.transpose()).mul(2).sub(means.square().sum(1)).argmax(1);
        double agreement = logits.argmax(1).eq(nearest).to(DType.F64).mean().item();
        double duality = head.div(head.norm()).sub(centred.div(centred.norm())).norm().item();
        return new NeuralCollapse(variability / k, spread(centred), spread(weight), angles[0], angles(head)[0], angles[1], duality,
                agreement);
    }

    /** Deviation over mean of the rows' lengths. */
    private static double spread(Tensor rows) {
        var lengths = rows.square().sum(1).sqrt();
        return lengths.std(0, 0.0, false).item() / lengths.mean().item();
    }

    /** Mean and largest distance of the pairs' cosines from -1 / (K - 1). */
    private static double[] angles(Tensor rows) {
        int k = (int) rows.size(0);
        var unit = rows.div(rows.square().sum(1, true).sqrt());
        var cosines = unit.matmul(unit.transpose()).toRows();
        double sum = 0, worst = 0;
        for (int i = 0; i < k; i++) for (int j = 0; j < i; j++) {
            double gap = Math.abs(cosines[i][j] + 1.0 / (k - 1));
            sum += gap;
            worst = Math.max(worst, gap);
        }
        return new double[] {sum / (k * (k - 1) / 2.0), worst};
    }

    /** For a {@link Trainer}: measures at the end of each epoch. */
    public static Trainer.Listener listener(Supplier<NeuralCollapse> measure, Consumer<NeuralCollapse> trace) {
        return (run, epoch) -> trace.accept(measure.get());
    }
}
