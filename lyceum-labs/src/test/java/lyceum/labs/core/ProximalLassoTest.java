package lyceum.labs.core;

import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;

import lyceum.data.Datasets;
import lyceum.linalg.Svd;
import lyceum.optim.Minimum;
import lyceum.optim.Objective;
import lyceum.optim.Proximal;
import lyceum.optim.ProximalGradient;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;

/** Proximal gradient on scikit-learn's lasso of the diabetes data. */
class ProximalLassoTest {
    private static final Golden EXPECTED = Golden.load("golden/proximal-gradient.json").named("diabetes");
    private static final Proximal PENALTY = new Proximal.L1(0.1);

    /** {@code |y - X w|^2 / 2n} with centred columns, which stands for an intercept. */
    private static final Tensor X = Datasets.diabetes().x().sub(Datasets.diabetes().x().mean(0)).compute(),
            Y = Datasets.diabetes().y().sub(Datasets.diabetes().y().mean()).compute();
    private static final Objective LOSS = Objective.of(w -> Y.sub(X.matmul(w)).square().sum().div(2 * X.size(0)));
    private static final double LIPSCHITZ = Math.pow(Svd.values(X).max().item(), 2) / X.size(0);

    private static double least() {
        double[] w = EXPECTED.doubles("expected.coef");
        return LOSS.at(w, new double[10]) + PENALTY.value(w);
    }

    @Test
    @Acceptance(topic = "proximal-gradient", clause = 1) void lassoEqualsScikitLearnOnDiabetes() {
        var gap = Gap.absolute();
        Minimum ista = ProximalGradient.ista(1 / LIPSCHITZ).withTolerance(1e-10).minimize(LOSS, PENALTY, new double[10]);
        Minimum fista = ProximalGradient.fista(1).withBacktracking(0.7).withRestart(ProximalGradient.Restart.GRADIENT).withTolerance(1e-10)
                .minimize(LOSS, PENALTY, new double[10]);
        gap.see(EXPECTED, "expected.coef", ista.x()).see(EXPECTED, "expected.coef", fista.x());
        Evidence.that("both converged: " + ista + "; " + fista, ista.converged() && fista.converged());
        Evidence.of("largest gap to scikit-learn's coefficients", gap, below(1e-6));
    }

    @Test
    @Acceptance(topic = "proximal-gradient", clause = 2) void gapsStayUnderTheirBoundsAtEachOf500Steps() {
        double square = 0, worstIsta = 0, worstFista = 0, least = least();
        for (double w : EXPECTED.doubles("expected.coef")) square += w * w;
        double[] ista = values(ProximalGradient.ista(1 / LIPSCHITZ), 500), fista = values(ProximalGradient.fista(1 / LIPSCHITZ), 500);
        for (int k = 1; k <= 500; k++) {
            worstIsta = Math.max(worstIsta, (ista[k] - least) * 2 * k / (LIPSCHITZ * square));
            worstFista = Math.max(worstFista, (fista[k] - least) * (k + 1) * (k + 1) / (2 * LIPSCHITZ * square));
        }
        Evidence.of("ISTA's gap over L R^2 / 2k", worstIsta, atMost(1));
        Evidence.of("FISTA's gap over 2 L R^2 / (k+1)^2", worstFista, atMost(1));
    }

    @Test
    @Acceptance(topic = "proximal-gradient", clause = 4) void fistaNeedsAtMostHalfOfIstasSteps() {
        int ista = steps(ProximalGradient.ista(1 / LIPSCHITZ)), fista = steps(ProximalGradient.fista(1 / LIPSCHITZ));
        Evidence.of("FISTA's " + fista + " steps over ISTA's " + ista, (double) fista / ista, atMost(0.5));
    }

    private static double[] values(ProximalGradient method, int steps) {
        return method.withMaxIterations(steps).withTolerance(0).trace(LOSS, PENALTY, new double[10]).values();
    }

    /** Steps until the value is and stays within 1e-6 of the minimum, relatively. */
    private static int steps(ProximalGradient method) {
        double[] values = values(method, 3_000);
        double within = least() * (1 + 1e-6);
        int k = values.length;
        while (k > 0 && values[k - 1] <= within) k--;
        if (k == values.length) throw new AssertionError("not within 3,000 steps");
        return k;
    }
}
