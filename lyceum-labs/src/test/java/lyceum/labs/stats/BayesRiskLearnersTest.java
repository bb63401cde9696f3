package lyceum.labs.stats;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;
import java.util.function.Function;
import lyceum.learn.linear.LogisticRegression;
import lyceum.learn.neighbors.KNeighborsClassifier;
import lyceum.learn.neural.MlpClassifier;
import lyceum.learn.tree.DecisionTreeClassifier;
import lyceum.math.Incomplete;
import lyceum.nn.Activation;
import lyceum.optim.InteriorPoint;
import lyceum.optim.Lbfgs;
import lyceum.optim.QuadraticProgram;
import lyceum.prob.Normal;
import lyceum.random.Rng;
import lyceum.stats.learner.Classifier;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.theory.BayesClassifier;
import org.junit.jupiter.api.Test;

/** Six learners on two Gaussians: none is below the floor. */
class BayesRiskLearnersTest {
    private static final int DRAWS = 100, N = 40;

    /** Says yes or no to many points. */
    private interface Rule {
        boolean[] at(double[] x);
    }

    private record Sample(double[] x, boolean[] yes) {}

    private static Function<Sample, Rule> of(Classifier learner) {
        return sample -> {
            var labels = new long[N];
            for (int i = 0; i < N; i++) labels[i] = sample.yes[i] ? 1 : 0;
            var model = learner.fit(Tensor.of(sample.x, N, 1), Tensor.of(labels));
            return x -> {
                long[] said = model.predict(Tensor.of(x, x.length, 1)).toLongArray();
                var yes = new boolean[x.length];
                for (int i = 0; i < x.length; i++) yes[i] = said[i] == 1;
                return yes;
            };
        };
    }

    /** AdaBoost over 15 stumps (Freund and Schapire 1997). */
    private static Rule boosting(Sample sample) {
        var weights = new double[N];
        Arrays.fill(weights, 1.0 / N);
        List<double[]> stumps = new ArrayList<>(); // place, sign, vote
        for (int round = 0; round < 15; round++) {
            double least = 1, place = 0, sign = 1;
            for (double at : sample.x) for (int s = -1; s <= 1; s += 2) {
                double wrong = 0;
                for (int i = 0; i < N; i++) if (s * (sample.x[i] - at + 1e-9) > 0 != sample.yes[i]) wrong += weights[i];
                if (wrong < least) {
                    least = wrong;
                    place = at - 1e-9;
                    sign = s;
                }
            }
            double vote = 0.5 * Math.log((1 - least + 1e-9) / (least + 1e-9)), sum = 0;
            for (int i = 0; i < N; i++) sum += weights[i] *= Math.exp(sign * (sample.x[i] - place) > 0 == sample.yes[i] ? -vote : vote);
            for (int i = 0; i < N; i++) weights[i] /= sum;
            stumps.add(new double[] {place, sign, vote});
        }
        return pointwise(x -> stumps.stream().mapToDouble(s -> s[1] * (x - s[0]) > 0 ? s[2] : -s[2]).sum());
    }

    private static Rule pointwise(DoubleUnaryOperator score) {
        return x -> {
            var yes = new boolean[x.length];
            for (int i = 0; i < x.length; i++) yes[i] = score.applyAsDouble(x[i]) > 0;
            return yes;
        };
    }

    private static double kernel(double a, double b) { return Math.exp(-0.5 * (a - b) * (a - b)); }

    /** A support vector machine with a Gaussian kernel and C = 1, by its dual; the bias from the vectors inside the margin. */
    private static Rule supportVectors(Sample sample) {
        double[][] q = new double[N][N], equal = new double[1][N], g = new double[2 * N][N];
        double[] minus = new double[N], h = new double[2 * N];
        for (int i = 0; i < N; i++) {
            double yi = sample.yes[i] ? 1 : -1;
            for (int j = 0; j < N; j++) q[i][j] = yi * (sample.yes[j] ? 1 : -1) * kernel(sample.x[i], sample.x[j]);
            equal[0][i] = yi;
            minus[i] = -1;
            g[i][i] = 1;
            h[i] = 1;
            g[N + i][i] = -1;
        }
        double[] alpha = new InteriorPoint()
                .minimize(QuadraticProgram.of(q, minus).withEqualities(equal, new double[1]).withInequalities(g, h)).x();
        double bias = 0;
        int count = 0;
        for (int i = 0; i < N; i++) if (alpha[i] > 1e-4 && alpha[i] < 1 - 1e-4) {
            bias += equal[0][i] - score(sample, equal[0], alpha, sample.x[i]);
            count++;
        }
        double b = count == 0 ? 0 : bias / count;
        return pointwise(x -> score(sample, equal[0], alpha, x) + b);
    }

    private static double score(Sample sample, double[] y, double[] alpha, double x) {
        double sum = 0;
        for (int i = 0; i < N; i++) sum += alpha[i] * y[i] * kernel(sample.x[i], x);
        return sum;
    }

    /** Regions of one answer, their ends refined by bisection, integrated by the normal distribution function. */
    private static double trueRisk(Rule rule) {
        var grid = new double[401];
        for (int i = 0; i <= 400; i++) grid[i] = -8 + 0.04 * i;
        boolean[] yes = rule.at(grid);
        int ends = 0;
        for (int i = 1; i <= 400; i++) if (yes[i] != yes[i - 1]) ends++;
        double[] low = new double[ends], high = new double[ends], middle = new double[ends];
        for (int i = 1, k = 0; i <= 400; i++) if (yes[i] != yes[i - 1]) {
            low[k] = grid[i - 1];
            high[k++] = grid[i];
        }
        for (int step = 0; step < 44 && ends > 0; step++) {
            for (int k = 0; k < ends; k++) middle[k] = 0.5 * (low[k] + high[k]);
            boolean[] said = rule.at(middle);
            for (int k = 0; k < ends; k++) {
                boolean first = yes[0] == (k % 2 == 0);
                if (said[k] == first) low[k] = middle[k];
                else high[k] = middle[k];
            }
        }
        double risk = 0, from = Double.NEGATIVE_INFINITY;
        for (int k = 0; k <= ends; k++) {
            double to = k < ends ? high[k] : Double.POSITIVE_INFINITY, other = yes[0] == (k % 2 == 0) ? -1 : 1; // where yes is said, no's mass is wrong
            risk += 0.5 * (Incomplete.normalCdf(to - other) - Incomplete.normalCdf(from - other));
            from = to;
        }
        return risk;
    }

    @Test
    @Acceptance(topic = "bayes-risk", clause = 2) void noLearnerIsBelowTheFloor() {
        Map<String, Function<Sample, Rule>> learners = new LinkedHashMap<>();
        learners.put("logistic regression", of(new LogisticRegression()));
        learners.put("tree", of(new DecisionTreeClassifier().withMaxDepth(3)));
        learners.put("five neighbours", of(new KNeighborsClassifier(5)));
        learners.put("boosting", BayesRiskLearnersTest::boosting);
        learners.put("support vectors", BayesRiskLearnersTest::supportVectors);
        learners.put("network", of(new MlpClassifier(4).withActivation(Activation.TANH).withLbfgs(new Lbfgs().withMaxIterations(20))));
        double floor = Incomplete.normalCdf(-1);
        var bayes = BayesClassifier.of(new double[] {0.5, 0.5}, new Normal(-1, 1), new Normal(1, 1));
        Evidence.of("distance of the Bayes risk by quadrature from Phi(-1)", Math.abs(bayes.risk() - floor), atMost(1e-9));
        double rule = trueRisk(pointwise(x -> bayes.decide(x) - 0.5)), never = trueRisk(pointwise(x -> 0.5 - bayes.decide(x)));
        Evidence.of("the Bayes rule's true risk, less Phi(-1)", Math.abs(rule - floor), atMost(1e-12));
        Evidence.of("the opposite rule's, less Phi(1)", Math.abs(never + floor - 1), atMost(1e-12));
        // Any regions keep the floor, so that the integral has to be checked apart: by the share of 100,000 fresh points that a rule misses.
        double[] fresh = new double[100_000];
        var source = Rng.of(7);
        for (int i = 0; i < fresh.length; i++) fresh[i] = source.nextGaussian() + (i % 2 == 0 ? 1 : -1);
        Evidence.of("learners", learners.size(), exactly(6));
        learners.forEach((name, learner) -> {
            var rng = Rng.of(2);
            double least = 1, mean = 0;
            for (int draw = 0; draw < DRAWS; draw++) {
                double[] x = new double[N];
                var yes = new boolean[N];
                for (int i = 0; i < N; i++) x[i] = rng.nextGaussian() + ((yes[i] = i % 2 == 0) ? 1 : -1);
                Rule learnt = learner.apply(new Sample(x, yes));
                double risk = trueRisk(learnt);
                if (draw == 0) {
                    boolean[] said = learnt.at(fresh);
                    double missed = 0;
                    for (int i = 0; i < fresh.length; i++) if (said[i] != (i % 2 == 0)) missed++;
                    Evidence.of(name + ": distance of the share missed from the true risk, in standard errors",
                            Math.abs(missed / fresh.length - risk) / Math.sqrt(risk * (1 - risk) / fresh.length), atMost(4));
                }
                least = Math.min(least, risk);
                mean += risk / DRAWS;
            }
            Evidence.of(name + ": least true risk over 100 draws, less Phi(-1)", least - floor, atLeast(-1e-9));
            Evidence.of(name + ": mean advantage over a coin", 0.5 - mean, above(0.25));
        });
    }
}
