package lyceum.causal;

import java.util.Arrays;
import java.util.stream.IntStream;
import lyceum.random.Rng;
import lyceum.stats.Alternative;
import lyceum.stats.Descriptive;
import lyceum.stats.Glm;
import lyceum.stats.GlmFit;
import lyceum.stats.HypothesisTest;
import lyceum.stats.TestResult;

/**
 * Units of which some were treated, and estimates of what that did: {@code Y_i = Y_i(T_i)}, and the other potential outcome is missing.
 *
 * {@snippet :
 * double[][] age = {{30}, {41}, {52}, {63}, {35}, {48}, {57}, {66}};
 * boolean[] treated = {true, true, false, true, false, true, false, false};
 * double[] outcome = {5.1, 6.0, 6.3, 8.2, 4.2, 6.9, 6.8, 7.5};
 * var trial = new PotentialOutcomes(age, treated, outcome);
 * trial.differenceInMeans();          // if they were treated by lot
 * trial.regressionAdjustment();       // if, at equal age, treatment is as good as by lot
 * trial.doublyRobust();
 * trial.overlap(0.01).flagged();      // whom nothing can be compared with
 * }
 *
 * <p>All but {@link #differenceInMeans} assume that nothing unmeasured drives both treatment and outcome, and that every kind of unit had a chance of
 * either. Outcome models are linear with one fit an arm, the propensity is a logistic regression, both with an intercept that is added here. Immutable.
 *
 * @param covariates a row for each unit, perhaps empty; settled before the treatment
 * @param treated who was
 * @param outcome what was seen
 * @see <a href="https://doi.org/10.1017/CBO9781139025751">Imbens and Rubin (2015), Causal Inference for Statistics, Social, and Biomedical Sciences</a>
 */
public record PotentialOutcomes(double[][] covariates, boolean[] treated, double[] outcome) {
    public PotentialOutcomes {
        int n = outcome.length, k = 0;
        if (treated.length != n || covariates.length != n) throw new IllegalArgumentException("PotentialOutcomes: " + covariates.length
                + " rows of covariates, " + treated.length + " treatments and " + n + " outcomes");
        for (boolean t : treated) if (t) k++;
        if (k == 0 || k == n)
            throw new IllegalArgumentException("PotentialOutcomes: " + k + " of " + n + " units are treated; both arms have someone");
        for (double[] row : covariates)
            if (row.length != covariates[0].length) throw new IllegalArgumentException(
                    "PotentialOutcomes: rows of " + row.length + " and of " + covariates[0].length + " covariates");
        covariates = covariates.clone();
        treated = treated.clone();
        outcome = outcome.clone();
    }

    /** Number of units. */
    public int size() { return outcome.length; }

    /** Outcomes of one arm. */
    public double[] outcomes(boolean arm) {
        return IntStream.range(0, size()).filter(i -> treated[i] == arm).mapToDouble(i -> outcome[i]).toArray();
    }

    /**
     * Mean outcome of the treated less that of the others, with Neyman's standard error {@code sqrt(s_1^2 / n_1 + s_0^2 / n_0)}. Unbiased under random
     * assignment; the error is right if effects are constant and too large if they vary. Each arm needs two units for it.
     */
    public Effect differenceInMeans() {
        double[] one = outcomes(true), zero = outcomes(false);
        return new Effect(Descriptive.mean(one) - Descriptive.mean(zero),
                Math.sqrt(Descriptive.variance(one) / one.length + Descriptive.variance(zero) / zero.length));
    }

    /**
     * Fisher's test that the treatment did nothing to anybody: how many ways to treat as many units differ in means by as much. All ways if there are at
     * most {@code resamples}, else so many at random. Two-sided by the size of the difference, so exact: p is at most a with probability at most a.
     */
    public TestResult randomisationTest(int resamples, Rng rng) {
        return HypothesisTest.permutation(outcomes(true), outcomes(false), (a, b) -> Math.abs(Descriptive.mean(a) - Descriptive.mean(b)),
                resamples, rng, Alternative.GREATER);
    }

    /** Rows with a leading 1. */
    static double[][] design(double[][] x) {
        var design = new double[x.length][];
        for (int i = 0; i < x.length; i++) {
            design[i] = new double[x[i].length + 1];
            design[i][0] = 1;
            System.arraycopy(x[i], 0, design[i], 1, x[i].length);
        }
        return design;
    }

    private GlmFit outcomeModel(double[][] design, boolean arm, boolean[] use) {
        int[] rows = IntStream.range(0, size()).filter(i -> treated[i] == arm && use[i]).toArray();
        return new Glm(Glm.Family.GAUSSIAN).fit(Arrays.stream(rows).mapToObj(i -> design[i]).toArray(double[][]::new),
                Arrays.stream(rows).mapToDouble(i -> outcome[i]).toArray());
    }

    private GlmFit propensityModel(double[][] design, boolean[] use) {
        int[] rows = IntStream.range(0, size()).filter(i -> use[i]).toArray();
        return new Glm(Glm.Family.BINOMIAL).fit(Arrays.stream(rows).mapToObj(i -> design[i]).toArray(double[][]::new),
                Arrays.stream(rows).mapToDouble(i -> treated[i] ? 1 : 0).toArray());
    }

    private boolean[] all() {
        var all = new boolean[size()];
        Arrays.fill(all, true);
        return all;
    }

    /** {@code P(treated | covariates)} of each unit, by logistic regression. */
    public double[] propensities() {
        double[][] design = design(covariates);
        return propensityModel(design, all()).predict(design);
    }

    /** Mean over all units of what the two arms' linear regressions predict, one less the other. */
    public Effect regressionAdjustment() { return regressionAdjustment(all()); }

    /** The same over the treated: the ATT. */
    public Effect regressionAdjustmentOfTreated() { return regressionAdjustment(treated); }

    private Effect regressionAdjustment(boolean[] among) {
        double[][] design = design(covariates);
        var all = all();
        GlmFit one = outcomeModel(design, true, all), zero = outcomeModel(design, false, all);
        double[] m1 = one.predict(design), m0 = zero.predict(design);
        return Influence.regression(this, design, m1, m0, among);
    }

    /**
     * What the two arms' regressions predict for a unit with these covariates, one less the other: the CATE, if both are linear.
     *
     * @param x covariates of the units asked for, a row each
     */
    public double[] conditionalEffects(double[][] x) {
        double[][] design = design(covariates), asked = design(x);
        double[] m1 = outcomeModel(design, true, all()).predict(asked), m0 = outcomeModel(design, false, all()).predict(asked);
        for (int i = 0; i < m1.length; i++) m1[i] -= m0[i];
        return m1;
    }

    /**
     * Inverse probability weighting: each arm's mean with weights 1 over the probability of being in it, the weights summing to 1 (Hajek). The standard
     * error allows for the estimated propensity.
     */
    public Effect weighting() { return Influence.weighting(this, design(covariates), propensities(), false); }

    /** The same over the treated: controls have weight {@code e / (1 - e)}. */
    public Effect weightingOfTreated() { return Influence.weighting(this, design(covariates), propensities(), true); }

    /** {@link #doublyRobust(double[][], double[][])} with all covariates in both models. */
    public Effect doublyRobust() { return doublyRobust(covariates, covariates); }

    /**
     * Augmented inverse probability weighting,
     * {@code mean of m_1(x) - m_0(x) + t (y - m_1(x)) / e(x) - (1 - t)(y - m_0(x)) / (1 - e(x))}: consistent if the outcome models or the propensity are
     * right. The error is that of the mean of these terms.
     *
     * @param forOutcome columns of the outcome models, a row for each unit
     * @param forPropensity columns of the propensity
     */
    public Effect doublyRobust(double[][] forOutcome, double[][] forPropensity) {
        double[][] x = design(forOutcome), z = design(forPropensity);
        var all = all();
        return Influence.augmented(this, outcomeModel(x, true, all).predict(x), outcomeModel(x, false, all).predict(x),
                propensityModel(z, all).predict(z));
    }

    /**
     * The same with cross-fitting: what a unit is predicted comes from models fitted without its fold, so that flexible models may be used.
     *
     * @param folds at least 2; units are dealt to them at random, each arm evenly
     * @see <a href="https://arxiv.org/abs/1608.00060">Chernozhukov et al. (2018), Double/debiased machine learning</a>
     */
    public Effect crossFitted(int folds, Rng rng) {
        int n = size();
        if (folds < 2 || folds > n) throw new IllegalArgumentException(
                "crossFitted: " + folds + " folds of " + n + " units; there are at least 2, and a unit in each");
        int[] order = rng.permutation(n), fold = new int[n], dealt = new int[2];
        for (int i : order) fold[i] = dealt[treated[i] ? 1 : 0]++ % folds;
        double[][] x = design(covariates);
        double[] m1 = new double[n], m0 = new double[n], e = new double[n];
        for (int f = 0; f < folds; f++) {
            var use = new boolean[n];
            for (int i = 0; i < n; i++) use[i] = fold[i] != f;
            double[] one = outcomeModel(x, true, use).predict(x), zero = outcomeModel(x, false, use).predict(x),
                    p = propensityModel(x, use).predict(x);
            for (int i = 0; i < n; i++) if (!use[i]) {
                m1[i] = one[i];
                m0[i] = zero[i];
                e[i] = p[i];
            }
        }
        return Influence.augmented(this, m1, m0, e);
    }

    /**
     * Matching with replacement: each unit's missing outcome is the mean of its k nearest in the other arm, by squared distance over the covariates'
     * variances. The error is Abadie and Imbens's, for constant conditional variance estimated from nearest pairs within arms.
     *
     * @param k matches, 1 to the size of the smaller arm
     * @param ofTreated whether over the treated alone: the ATT
     * @see <a href="https://doi.org/10.1111/j.1468-0262.2006.00655.x">Abadie and Imbens (2006), Large sample properties of matching estimators</a>
     */
    public Effect matching(int k, boolean ofTreated) { return Matching.effect(this, k, ofTreated); }

    /**
     * Where the arms cannot be compared.
     *
     * @param propensities of all units
     * @param flagged units whose chance of one arm is below the threshold, in their order
     * @param effectiveSize {@code (sum w)^2 / sum w^2} of the weights 1/e and 1/(1 - e), treated and untreated: how many equal units they are worth
     */
    public record Overlap(double[] propensities, int[] flagged, double[] effectiveSize) {
        /** Whether every unit has a fair chance of either arm. */
        public boolean isGood() { return flagged.length == 0; }
    }

    /** @param threshold such as 0.01: units with {@code e} below it, or above 1 less it, are flagged */
    public Overlap overlap(double threshold) {
        if (!(threshold > 0 && threshold < 0.5))
            throw new IllegalArgumentException("overlap: threshold is " + threshold + "; it lies between 0 and 0.5");
        double[] e = propensities(), sum = new double[2], squares = new double[2];
        for (int i = 0; i < size(); i++) {
            double w = treated[i] ? 1 / e[i] : 1 / (1 - e[i]);
            sum[treated[i] ? 0 : 1] += w;
            squares[treated[i] ? 0 : 1] += w * w;
        }
        return new Overlap(e, IntStream.range(0, size()).filter(i -> e[i] < threshold || e[i] > 1 - threshold).toArray(),
                new double[] {sum[0] * sum[0] / squares[0], sum[1] * sum[1] / squares[1]});
    }

    /**
     * Standardised mean differences of the covariates, treated less untreated over the root of the mean of the arms' variances; above 0.1 is commonly
     * called imbalance.
     *
     * @param weighted whether units count 1/e and 1/(1 - e)
     */
    public double[] balance(boolean weighted) {
        double[] e = weighted ? propensities() : null, balance = new double[covariates[0].length];
        for (int j = 0; j < balance.length; j++) {
            double[] mean = new double[2], weight = new double[2];
            for (int i = 0; i < size(); i++) {
                double w = e == null ? 1 : treated[i] ? 1 / e[i] : 1 / (1 - e[i]);
                mean[treated[i] ? 1 : 0] += w * covariates[i][j];
                weight[treated[i] ? 1 : 0] += w;
            }
            double spread = 0;
            for (boolean arm : new boolean[] {true, false}) {
                int column = j;
                spread += Descriptive.variance(
                        IntStream.range(0, size()).filter(i -> treated[i] == arm).mapToDouble(i -> covariates[i][column]).toArray()) / 2;
            }
            balance[j] = (mean[1] / weight[1] - mean[0] / weight[0]) / Math.sqrt(spread);
        }
        return balance;
    }
}
