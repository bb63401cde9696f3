package lyceum.learn.linear;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.logging.Level;
import java.util.logging.Logger;
import lyceum.DType;
import lyceum.learn.linear.LogisticRegression.Solver;
import lyceum.linalg.Linalg;
import lyceum.random.Rng;
import lyceum.tensor.Csr;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Separation by every solver, against the verdicts of linear programs, and where it is known by construction. */
class SeparationTest {
    private static final String TOPIC = "logistic-regression";
    private static final Logger WARNINGS = Logger.getLogger(LogisticRegression.class.getName());

    @BeforeAll static void quiet() { WARNINGS.setLevel(Level.OFF); }

    @AfterAll static void loud() { WARNINGS.setLevel(null); }

    private record Labelled(Tensor x, Tensor y) {
        LogisticModel fit(Solver solver) {
            // Few iterations: the verdict does not wait for the estimates.
            return new LogisticRegression().unpenalised().withSolver(solver).withMaxIterations(50).fit(x, y);
        }
    }

    /** What {@code separation_set} of learn_linear.py draws; columns in units that differ by powers of two. */
    private static Labelled drawn(int classes, int seed) {
        var r = new Recipe(16_910_000 + 1000 * classes + seed);
        int n = 20 + r.below(60), p = 1 + r.below(5), kind = seed % 4;
        int[][] x = integers(r, n, p, 9, 4), d = integers(r, classes, p, 5, 2);
        for (int k = 0; k < classes; k++) d[k][0] = k;
        for (int i = 0; i < 3; i++) Arrays.fill(x[i], 0);
        x[1][0] = 4;
        x[2][0] = -4;
        List<int[]> rows = new ArrayList<>();
        var y = new ArrayList<Integer>();
        var twins = new ArrayList<int[]>();
        for (var row : x) {
            if (classes == 2 && kind != 1 && dot(row, d[1]) == 0) row[0]++;
            int s = dot(row, d[1]);
            boolean twin = kind == 1 && (classes == 2 ? s == 0 : s <= 2);
            if (twin) twins.add(row);
            rows.add(row);
            y.add(classes == 2 ? s > 0 ? 1 : 0 : kind == 1 ? twin ? 1 : 0 : best(row, d));
        }
        for (var row : twins) {
            rows.add(row);
            y.add(classes - 1);
        }
        int few = 1 + r.below(3), flips = kind == 2 ? few : kind == 3 ? n : 0;
        for (int f = 0; f < flips; f++) {
            int label = r.below(classes);
            y.set(r.below(n), label);
        }
        var values = new double[rows.size()][p];
        for (int i = 0; i < values.length; i++)
            for (int j = 0; j < p; j++) values[i][j] = Math.scalb((double) rows.get(i)[j], (seed / 4 + 5 * j) % 17 - 8);
        return new Labelled(Tensor.of(values), Tensor.of(y.stream().mapToLong(Integer::longValue).toArray()));
    }

    private static int[][] integers(Recipe r, int n, int p, int bound, int shift) {
        var x = new int[n][p];
        for (var row : x) for (int j = 0; j < p; j++) row[j] = r.below(bound) - shift;
        return x;
    }

    private static int dot(int[] a, int[] b) {
        int sum = 0;
        for (int j = 0; j < a.length; j++) sum += a[j] * b[j];
        return sum;
    }

    private static int best(int[] row, int[][] d) {
        int[] scores = {dot(row, d[0]), dot(row, d[1]) + 3, dot(row, d[2])};
        return scores[0] >= scores[1] && scores[0] >= scores[2] ? 0 : scores[1] >= scores[2] ? 1 : 2;
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void everySolverGivesTheVerdictOfLinearPrograms() {
        for (int classes = 2; classes <= 3; classes++) {
            String verdicts = Golden.load("golden/logistic-separation.json").named(classes + " classes").text("expected.verdicts");
            for (var solver : Solver.values()) {
                int[] right = new int[3], of = new int[3];
                int latest = 0;
                for (int seed = 0; seed < verdicts.length(); seed++) {
                    var expected = switch (verdicts.charAt(seed)) {
                        case 'C' -> Separation.COMPLETE;
                        case 'Q' -> Separation.QUASI_COMPLETE;
                        default -> Separation.NONE;
                    };
                    var model = drawn(classes, seed).fit(solver);
                    of[expected.ordinal()]++;
                    if (model.separation() == expected) right[expected.ordinal()]++;
                    latest = Math.max(latest, model.separatedAt());
                }
                for (var kind : Separation.values()) {
                    if (classes == 2) assertThat(of[kind.ordinal()]).isGreaterThanOrEqualTo(100);
                    Evidence.of(String.format(Locale.ROOT, "%d classes, %s: verdicts of %s", classes, solver, kind), right[kind.ordinal()],
                            exactly(of[kind.ordinal()]));
                }
                Evidence.of(classes + " classes, " + solver + ": latest iteration of a report", latest, atMost(50));
            }
        }
    }

    /** Overlapping rows, and a column of zeros but for rows of one class: the commonest way to infinite estimates. */
    private static Labelled withTellTale(int seed) {
        var rng = Rng.of(seed);
        int n = 60, p = 1 + rng.nextInt(4);
        var x = Tensor.randn(rng, DType.F64, n, p);
        var y = x.select(1, 0).add(Tensor.randn(rng, DType.F64, n)).gt(0).to(DType.I64);
        var marked = Tensor.arange(0, n, 1).lt(5).to(DType.F64).mul(y.to(DType.F64));
        // The marked rows, and for overlap two rows of both labels elsewhere.
        var all = Tensor.concat(0, Tensor.concat(1, x, marked.unsqueeze(1)), Tensor.zeros(DType.F64, 2, p + 1));
        return new Labelled(all, Tensor.concat(0, y, Tensor.of(new long[] {0, 1})));
    }

    /** Rows apart from a plane in general position, and rows on it, to rounding, that stand once with each label. */
    private static Labelled touching(int seed) {
        var rng = Rng.of(1_000 + seed);
        int n = 30, p = 1 + rng.nextInt(4), on = 5;
        Tensor d = Tensor.randn(rng, DType.F64, p), x = Tensor.randn(rng, DType.F64, n, p), twins = Tensor.randn(rng, DType.F64, on, p);
        double length = d.square().sum().item();
        twins = twins.sub(twins.matmul(d).div(length).unsqueeze(1).mul(d));
        var y = x.matmul(d).gt(0).to(DType.I64);
        return new Labelled(Tensor.concat(0, x, twins, twins).add(0.7),
                Tensor.concat(0, y, Tensor.zeros(DType.I64, on), Tensor.ones(DType.I64, on)));
    }

    /** Two rows of each class have changed places by 1e-4 about the cut. */
    private static Labelled hardlyOverlapping(int seed) {
        var rng = Rng.of(2_000 + seed);
        var x = Tensor.randn(rng, DType.F64, 40);
        var y = x.gt(0).to(DType.I64);
        return new Labelled(Tensor.concat(0, x, Tensor.of(-1e-4, 1e-4)).unsqueeze(1), Tensor.concat(0, y, Tensor.of(new long[] {1, 0})));
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void realColumnsThatSeparateQuasiCompletelyAreReportedAndHardlyOverlappingOnesAreNot() {
        for (var solver : Solver.values()) {
            int telling = 0, touching = 0, latest = 0, silent = 0;
            for (int seed = 0; seed < 100; seed++) {
                LogisticModel marked = withTellTale(seed).fit(solver), plane = touching(seed).fit(solver);
                if (marked.separation() == Separation.QUASI_COMPLETE) telling++;
                if (plane.separation() == Separation.QUASI_COMPLETE) touching++;
                if (hardlyOverlapping(seed).fit(solver).separation() == Separation.NONE) silent++;
                latest = Math.max(latest, Math.max(marked.separatedAt(), plane.separatedAt()));
            }
            Evidence.of(solver + ": sets with a tell-tale column reported, of 100", telling, exactly(100));
            Evidence.of(solver + ": sets that touch a plane reported, of 100", touching, exactly(100));
            Evidence.of(solver + ": latest iteration of a report", latest, atMost(50));
            Evidence.of(solver + ": sets that overlap by 1e-4 not reported, of 100", silent, exactly(100));
        }
    }

    /**
     * A maximum is proven by positive weights {@code l_ik} of the wrong classes under which {@code x_i (e_y(i) - e_k)'} add up to nothing (Stiemke). Those of
     * a Newton step are worked out here by the definition, near points from which it proves the maximum and far ones from which it does not.
     */
    @Acceptance(topic = TOPIC, clause = 4)
    @Test void aMaximumIsProvenWhereStiemkesWeightsSaySo() {
        var left = Gap.absolute();
        int proven = 0, open = 0, differing = 0;
        for (int seed = 0; seed < 300; seed++) {
            var rng = Rng.of(seed);
            int classes = 2 + seed % 2, n = 200, p = 3;
            double[][] x = Tensor.randn(rng, DType.F64, n, p).toRows(), b = new double[classes][p], step = new double[classes][p];
            int[] codes = rng.ints(n, 0, classes).toArray();
            var w = new double[n];
            for (int i = 0; i < n; i++) {
                w[i] = rng.nextInt(4) / 2.0;
                if (w[i] == 0) for (int j = 0; j < p; j++) x[i][j] *= 10;
            }
            for (int k = 1; k < classes; k++) for (int j = 0; j < p; j++) b[k][j] = 0.1 * (seed % 7) * rng.nextGaussian();
            double[][] shares = Tensor.of(x).matmul(Tensor.of(b).transpose()).softmax(1).toRows();
            // The first class stays at 0, which fixes the others.
            int size = (classes - 1) * p;
            var hessian = new double[size][size];
            var gradient = new double[size];
            for (int i = 0; i < n; i++) {
                for (int r = 0; r < size; r++) {
                    int k = 1 + r / p;
                    gradient[r] += w[i] * (shares[i][k] - (codes[i] == k ? 1 : 0)) * x[i][r % p];
                    for (int c = 0; c < size; c++) {
                        int l = 1 + c / p;
                        hessian[r][c] += w[i] * shares[i][k] * ((k == l ? 1 : 0) - shares[i][l]) * x[i][r % p] * x[i][c % p];
                    }
                }
            }
            double[] newton = Linalg.solve(Tensor.of(hessian), Tensor.of(gradient).neg()).toDoubleArray();
            for (int r = 0; r < size; r++) step[1 + r / p][r % p] = newton[r];
            double least = Double.POSITIVE_INFINITY;
            var sum = new double[classes][p];
            double[][] z = Tensor.of(x).matmul(Tensor.of(step).transpose()).toRows();
            for (int i = 0; i < n; i++) {
                if (w[i] == 0) continue;
                double mean = 0;
                for (int k = 0; k < classes; k++) mean += shares[i][k] * z[i][k];
                for (int k = 0; k < classes; k++) {
                    if (k == codes[i]) continue;
                    double factor = 1 + z[i][k] - mean;
                    least = Math.min(least, factor);
                    for (int j = 0; j < p; j++) {
                        sum[codes[i]][j] += w[i] * shares[i][k] * factor * x[i][j];
                        sum[k][j] -= w[i] * shares[i][k] * factor * x[i][j];
                    }
                }
            }
            for (var row : sum) left.see("seed " + seed, row, new double[p]);
            if (least > 0.5) proven++;
            else open++;
            var problem = new LogisticProblem(FeatureRows.dense(Tensor.of(x), false), codes, w, classes, false, 0, 0);
            var verdict = classes == 2 ? verdict(problem, b[1], step[1]) : verdict(problem, flat(b), flat(step));
            if (verdict == Separation.NONE != least > 0.5) differing++;
        }
        Evidence.of("what the weighted rows add up to", left, below(1e-9));
        Evidence.of("steps that prove a maximum, of 300", proven, above(50));
        Evidence.of("steps that do not", open, above(50));
        Evidence.of("verdicts that differ", differing, exactly(0));
    }

    private static double[] flat(double[][] rows) { return Arrays.stream(rows).flatMapToDouble(Arrays::stream).toArray(); }

    private static Separation verdict(LogisticProblem problem, double[] b, double[] step) {
        return new SeparationCheck(problem).of(b, problem.at(b), step);
    }

    /** Of margins up to 10,000 one of 1e-4 is a tie and one of 0.01 is none, at the point as along the step. */
    @Acceptance(topic = TOPIC, clause = 4)
    @Test void aMarginOfLessThanATenMillionthIsATie() {
        for (double margin : new double[] {1e-4, 1e-2}) {
            var x = Tensor.of(new double[][] {{-1e4, 0}, {margin, 0}, {1e4, 0}, {5e3, 1}, {5e3, -1}});
            var problem = new LogisticProblem(FeatureRows.dense(x, false), new int[] {0, 1, 1, 1, 1}, new double[] {1, 1, 1, 1, 1}, 2,
                    false, 0, 0);
            var along = verdict(problem, new double[2], new double[] {1, 0});
            // A step that lowers some margins says nothing itself.
            var at = verdict(problem, new double[] {1, 0}, new double[] {0, 5});
            Evidence.that("margin " + margin + ": the step's verdict",
                    along == (margin < 1e-3 ? Separation.QUASI_COMPLETE : Separation.COMPLETE));
            Evidence.that("margin " + margin + ": the point's verdict", at == (margin < 1e-3 ? null : Separation.COMPLETE));
        }
    }

    @Test void theVerdictNeedsNeitherDenseRowsNorAStartAtZeroNorTightTolerance() {
        var x = Tensor.of(new double[][] {{0}, {1}, {2}, {2}, {3}, {4}});
        var y = Tensor.of(new long[] {0, 0, 0, 1, 1, 1});
        var learner = new LogisticRegression().unpenalised();
        for (var solver : Solver.values()) {
            assertThat(learner.withSolver(solver).fit(Csr.fromDense(x), y).separation()).as("%s", solver)
                    .isEqualTo(Separation.QUASI_COMPLETE);
            assertThat(learner.withSolver(solver).withTolerance(0.01).fit(x, y).separation()).isEqualTo(Separation.QUASI_COMPLETE);
            var path = new LogisticRegression().withSolver(solver).path(x, y, null, 1, 1e6, Double.POSITIVE_INFINITY).models();
            assertThat(path.get(1).separation()).isEqualTo(Separation.NONE);
            assertThat(path.get(2).separation()).isEqualTo(Separation.QUASI_COMPLETE);
        }
        assertThat(learner.fit(x, y).summary().toString()).contains("separated");
        // Without the row of weight 0 that overlaps, a plane splits the rest.
        var w = Tensor.of(1.0, 1, 1, 0, 1, 1);
        assertThat(learner.fit(x, y, w).separation()).isEqualTo(Separation.COMPLETE);
    }
}
