package lyceum.stats;

import java.util.Arrays;
import lyceum.ConvergenceException;
import lyceum.DType;
import lyceum.linalg.Cholesky;
import lyceum.linalg.NotPositiveDefiniteException;
import lyceum.optim.Newton;
import lyceum.optim.SecondOrderObjective;
import lyceum.optim.StopReason;
import lyceum.tensor.Tensor;

/** The fit with modelled ties, home advantage or covariates, by Newton's method on the whole parameter vector. */
record BradleyTerryExtended(BradleyTerry settings, double[][] wins, double[][] ties, double[][] home, double[][] covariates) {

    /** A variance that no finite maximum has: one lost game tells more. On the way to infinity the search stops where it is about 1e9. */
    private static final double RUNAWAY = 1e6;

    BradleyTerryModel fit() {
        int n = wins.length, free = covariates == null ? n : covariates[0].length;
        boolean modelled = settings.ties() != BradleyTerry.Ties.HALF_WINS;
        var design = covariates == null ? Tensor.eye(DType.F64, n) : Tensor.of(covariates);
        boolean grounded = covariates == null && settings.prior() == Double.POSITIVE_INFINITY;
        int p = free + 1;
        Tensor won = Tensor.of(wins), tied = ties == null ? null : Tensor.of(ties), atHome = home == null ? null : Tensor.of(home);
        var negative = SecondOrderObjective.of(t -> {
            Tensor beta = t.narrow(0, 0, free), extra = t.select(0, free), b = design.matmul(beta);
            var d = b.reshape(n, 1).sub(b.reshape(1, n)); // d[i][j] = b_i - b_j
            var l = logLikelihood(d, extra, won, tied, atHome, modelled);
            if (settings.prior() != Double.POSITIVE_INFINITY) l = l.sub(beta.square().sum().mul(0.5 / settings.prior()));
            if (grounded) l = l.sub(b.mean().square().mul(0.5 * n * n)); // picks the mean 0, and changes nothing else
            return l.neg();
        });
        var start = new double[p];
        start[free] = settings.ties() == BradleyTerry.Ties.RAO_KUPPER ? 0.5 : 0;
        var found = new Newton().withMaxIterations(settings.maxIterations()).withGradientTolerance(1e-9).minimize(negative, start);
        if (found.stop() == StopReason.ITERATIONS) throw new ConvergenceException("BradleyTerry: after " + settings.maxIterations()
                + " steps of NEWTON the slope is still " + found.gradientNorm() + "; raise maxIterations");
        double[] beta = Arrays.copyOf(found.x(), free), b = design.matmul(Tensor.of(beta)).toDoubleArray();
        double[][] covariance;
        try {
            covariance = Cholesky.of(Tensor.of(negative.hessian(found.x()))).inverse().toRows();
        } catch (NotPositiveDefiniteException e) {
            throw new IllegalArgumentException("BradleyTerry: the games do not determine all parameters"
                    + (covariates == null ? "" : "; drop a covariate that is the same for all items or follows from others")
                    + "; compare more, or take a prior (withPrior)", e);
        }
        var strengths = new double[free][free];
        for (int i = 0; i < free; i++)
            for (int j = 0; j < free; j++) strengths[i][j] = covariance[i][j] - (grounded ? 1.0 / ((double) n * n) : 0);
        var ofItems = design.matmul(Tensor.of(strengths)).matmul(design.transpose()).toRows();
        double widest = covariance[free][free];
        if (settings.prior() == Double.POSITIVE_INFINITY) for (int i = 0; i < n; i++)
            for (int j = 0; j < i; j++) widest = Math.max(widest, ofItems[i][i] + ofItems[j][j] - 2 * ofItems[i][j]);
        if (widest > RUNAWAY) throw new IllegalArgumentException("BradleyTerry: there is no finite maximum: the likelihood rises for ever"
                + " with the strengths" + (modelled ? " or the tie parameter" : home != null ? " or the home advantage" : "")
                + "; compare more, or take a prior (withPrior) or a simpler model");
        var d = Tensor.of(b).reshape(n, 1).sub(Tensor.of(b).reshape(1, n));
        double logLikelihood = logLikelihood(d, Tensor.scalar(found.x()[free]), won, tied, atHome, modelled).item();
        return new BradleyTerryModel(b, ofItems, logLikelihood, modelled ? found.x()[free] : 0, home != null ? found.x()[free] : 0,
                settings.ties(), covariates == null ? null : beta);
    }

    private Tensor logLikelihood(Tensor d, Tensor extra, Tensor won, Tensor tied, Tensor atHome, boolean modelled) {
        if (!modelled) {
            var all = tied == null ? won : won.add(tied.mul(0.5));
            if (atHome == null) return all.mul(d.neg().softplus()).sum().neg().sub(extra.square()); // the idle parameter rests at 0
            var away = all.sub(atHome);
            return atHome.mul(d.add(extra).neg().softplus()).sum().add(away.mul(d.sub(extra).neg().softplus()).sum()).neg();
        }
        boolean davidson = settings.ties() == BradleyTerry.Ties.DAVIDSON;
        // -log P(i beats j): log(1 + e^-d + nu e^(-d/2)), or softplus(log nu - d)
        var win = davidson ? d.neg().exp().add(extra.sub(d.mul(0.5)).exp()).log1p() : extra.sub(d).softplus();
        var l = won.mul(win).sum().neg();
        if (tied == null) return l;
        // ties stand twice in the matrix; (nu^2 - 1) P(i beats j) P(j beats i) is Rao and Kupper's tie
        var tie = davidson ? extra.sub(d.mul(0.5)).sub(win)
                : extra.mul(2).expm1().log().sub(extra.sub(d).softplus()).sub(extra.add(d).softplus());
        return l.add(tied.mul(0.5).mul(tie).sum());
    }
}
