package lyceum.learn.ensemble;

/** A {@link BoostingLoss} of some rows. */
final class ScoreLoss implements StageFit.StageLoss {
    private final BoostingLoss loss;
    private final double[] y;
    private BoostingLoss now;

    ScoreLoss(BoostingLoss loss, double[] y) {
        this.loss = loss;
        this.y = y;
    }

    @Override public int count() { return 1; }

    @Override public double[] start(double[] w) { return new double[] {loss.start(y, w)}; }

    @Override public void begin(double[] f, double[] w) { now = loss.at(y, f, w); }

    @Override public double gradient(int row, double[] f, int output) { return now.gradient(y[row], f[row]); }

    @Override public double step(int output, double[] f, double[] w, int[] rows, int from, int to) {
        return now.step(y, f, w, rows, from, to);
    }

    @Override public double loss(double[] f, double[] w) {
        // Rows held out have no stage of their own: a loss that looks at residuals looks at theirs.
        var used = now == null ? loss.at(y, f, w) : now;
        double sum = 0, weight = 0;
        for (int i = 0; i < y.length; i++) {
            if (w[i] == 0) continue;
            sum += w[i] * used.value(y[i], f[i]);
            weight += w[i];
        }
        return sum / weight;
    }
}
