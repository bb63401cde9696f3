package lyceum.learn.tuning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import lyceum.FormatException;
import lyceum.LyceumException;
import lyceum.data.Datasets;
import lyceum.learn.linear.LogisticRegression;
import lyceum.learn.linear.Ridge;
import lyceum.learn.selection.CrossValidation;
import lyceum.learn.selection.FoldScheme;
import lyceum.learn.selection.KFold;
import lyceum.learn.selection.Scorer;
import lyceum.learn.selection.StratifiedKFold;
import lyceum.random.Rng;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SearchSpaceTest {
    private static final SearchSpace SPACE = new SearchSpace().log("c", 1e-2, 1e2).choice("kernel", "rbf", "linear").log("gamma", 1e-3, 10)
            .when("kernel", "rbf").integer("columns", 2, 5).logInteger("trees", 1, 100);

    @Test void conditionalParametersStandWhereTheyApply() {
        for (int i = 0; i < 200; i++) {
            var c = SPACE.draw(Rng.of(i));
            assertThat(c.has("gamma")).isEqualTo(c.text("kernel").equals("rbf"));
            assertThat(c.number("c")).isBetween(1e-2, 1e2);
            assertThat(c.integer("columns")).isBetween(2, 5);
            assertThat(c.integer("trees")).isBetween(1, 100);
            var back = SPACE.coordinates(c);
            for (int p = 0; p < back.length; p++) if (Double.isNaN(back[p])) back[p] = 0;
            var again = SPACE.at(back);
            assertThat(again.number("c")).isCloseTo(c.number("c"), within(1e-10));
            assertThat(again.integer("trees")).isEqualTo(c.integer("trees"));
            assertThat(again.integer("columns")).isEqualTo(c.integer("columns"));
        }
        assertThatThrownBy(() -> SPACE.at(0, 0.9, 0, 0, 0).number("gamma"))
                .hasMessageContaining("there is no 'gamma' in c = 0.01, kernel = linear");
    }

    @Test void drawsAreUniformInTheirScale() {
        var counts = new int[4];
        int low = 0, small = 0, n = 4_000;
        for (int i = 0; i < n; i++) {
            var c = SPACE.draw(Rng.of(1_000 + i));
            counts[c.integer("columns") - 2]++;
            if (c.number("c") < 1) low++;
            if (c.integer("trees") <= 10) small++;
        }
        for (int count : counts) assertThat(count / (double) n).isCloseTo(0.25, within(0.03));
        assertThat(low / (double) n).isCloseTo(0.5, within(0.03));
        // integers own a half on either side: log(10.5 / 0.5) / log(100.5 / 0.5)
        assertThat(small / (double) n).isCloseTo(Math.log(21) / Math.log(201), within(0.03));
    }

    @Test void aGridHasEachCombinationOnce() {
        var grid = new GridSearch(3).configurations(SPACE);
        // three c, and either rbf with three gammas or linear, three of four columns, three sizes
        assertThat(grid).hasSize(3 * (3 + 1) * 3 * 3).doesNotHaveDuplicates();
        assertThat(grid.getFirst().toString()).isEqualTo("c = 0.01, kernel = rbf, gamma = 0.001, columns = 2, trees = 1");
        assertThat(new GridSearch().trials(new SearchSpace().choice("a", 1, 2).integer("b", 1, 4))).isEqualTo(8);
        assertThatThrownBy(
                () -> new GridSearch(100).trials(new SearchSpace().real("a", 0, 1).real("b", 0, 1).real("c", 0, 1).real("d", 0, 1)))
                .hasMessageContaining("more than 1000000 combinations");
    }

    @Test void quasiRandomPointsFillEveryCellOfTheirBase() {
        var cells = new HashSet<Integer>();
        for (int i = 0; i < 36; i++) {
            double[] u = QuasiRandomSearch.point(i, 2, Rng.of(3));
            cells.add((int) (u[0] * 4) * 9 + (int) (u[1] * 9));
        }
        assertThat(cells).hasSize(36);
    }

    @Test void expectedImprovementIsTheMeanOfTheGain() {
        double mean = 0.3, deviation = 0.7, least = 0.1, sum = 0;
        int n = 2_000_000;
        for (int i = 0; i < n; i++) {
            // the midpoint rule over +- 8 deviations
            double z = -8 + 16 * (i + 0.5) / n;
            sum += Math.max(0, least - mean - deviation * z) * Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI) * 16 / n;
        }
        assertThat(BayesianSearch.expectedImprovement(mean, deviation, least)).isCloseTo(sum, within(1e-9));
        assertThat(BayesianSearch.expectedImprovement(0, 0, 1)).isEqualTo(1);
    }

    @Test void parzenSearchDoesBetterThanChanceAndParametersHaveTheirImportance() {
        var space = new SearchSpace().log("rate", 1e-5, 1).choice("kind", "good", "bad", "worse").real("idle", 0, 1);
        HyperparameterSearch.Objective loss = run -> Math.pow(Math.log10(run.configuration().number("rate")) + 3, 2)
                + switch (run.configuration().text("kind")) {
                    case "good" -> 0;
                    case "bad" -> 1;
                    default -> 2;
                };
        double[] parzen = new double[20], random = new double[20];
        for (int seed = 0; seed < 20; seed++) {
            parzen[seed] = new HyperparameterSearch(space, new ParzenSearch(40)).withSeed(seed).minimise(loss).best().value();
            random[seed] = new HyperparameterSearch(space, new RandomSearch(40)).withSeed(seed).minimise(loss).best().value();
        }
        assertThat(median(parzen)).isLessThan(median(random) / 5);
        var importance = new HyperparameterSearch(space, new RandomSearch(300)).minimise(loss).importance();
        // Var((l + 3)^2), l uniform in [-5, 0], over it plus Var(0, 1, 2) = 2/3
        double rate = variance(-2, 3), share = rate / (rate + 2.0 / 3);
        assertThat(importance.get("rate")).isCloseTo(share, within(0.06));
        assertThat(importance.get("kind")).isCloseTo(1 - share, within(0.06));
        assertThat(importance.get("idle")).isLessThan(0.02);
    }

    private static double median(double[] values) {
        return Arrays.stream(values).sorted().skip(values.length / 2).findFirst().orElseThrow();
    }

    /** Variance of z^2 for z uniform between a and b. */
    private static double variance(double a, double b) {
        double square = (Math.pow(b, 3) - Math.pow(a, 3)) / 3 / (b - a), fourth = (Math.pow(b, 5) - Math.pow(a, 5)) / 5 / (b - a);
        return fourth - square * square;
    }

    @Test void halvingSpendsRowsAndNestedCrossValidationJudgesTheSearch() {
        var data = Datasets.breastCancer().standardised();
        var space = new SearchSpace().log("c", 1e-4, 1e2);
        var cv = new CrossValidation(new StratifiedKFold(3));
        var halved = new HyperparameterSearch(space, new SuccessiveHalving(9, 1, 9))
                .tune(c -> new LogisticRegression().withC(c.number("c")), data.x(), data.y(), cv, Scorer.LOG_LOSS);
        assertThat(halved.trials()).hasSize(13);
        assertThat(halved.best().resource()).isEqualTo(9);
        var full = cv.score(new LogisticRegression().withC(halved.best().configuration().number("c")), data.x(), data.y(), Scorer.LOG_LOSS);
        assertThat(halved.best().value()).isEqualTo(full.mean());
        var part = new PartOfTraining(new StratifiedKFold(3), 1.0 / 9)
                .folds(new FoldScheme.Rows(data.size(), data.y().toLongArray(), null));
        assertThat(part.getFirst().train().length).isBetween(42, 44);

        var tuned = new TunedClassifier(new HyperparameterSearch(space, new GridSearch(3)),
                c -> new LogisticRegression().withC(c.number("c")), Scorer.LOG_LOSS);
        double nested = cv.score(tuned, data.x(), data.y(), Scorer.LOG_LOSS).mean();
        assertThat(nested).isBetween(0.05, 0.12);
        var diabetes = Datasets.diabetes();
        var ridge = new TunedRegressor(new HyperparameterSearch(new SearchSpace().choice("alpha", 1e-3, 1e3), new GridSearch()),
                c -> new Ridge(c.number("alpha")), Scorer.R2).withScheme(new KFold(3));
        assertThat(ridge.fit(diabetes.x(), diabetes.y(), null).predict(diabetes.x()).toDoubleArray())
                .isEqualTo(new Ridge(1e-3).fit(diabetes.x(), diabetes.y()).predict(diabetes.x()).toDoubleArray());
    }

    @Test void aMedianPrunerStopsTheWorseHalf() {
        var space = new SearchSpace().integer("x", 0, 99);
        var study = new HyperparameterSearch(space, new GridSearch(100)).withBatch(50).withPruner(TrialPruner.median(0, 1))
                .minimise(run -> {
                    double x = run.configuration().number("x");
                    return run.report(0, x) ? -x : 1e9;
                });
        // the second fifty are all above the median of the first
        assertThat(study.trials().stream().filter(t -> t.status() == Trial.Status.PRUNED).map(Trial::number)).hasSize(50)
                .allMatch(n -> n >= 50);
        assertThat(study.best().value()).isEqualTo(-49);
        assertThat(study.trials().getLast().value()).isEqualTo(99);
        assertThat(Arrays.stream(study.bestSoFar()).skip(49)).containsOnly(-49.0);
    }

    @Test void journalsOfOthersAndBrokenOnesAreRefused(@TempDir Path folder) throws Exception {
        var search = new HyperparameterSearch(new SearchSpace().real("x", 0, 1), new RandomSearch(4)).withJournal(folder.resolve("a"));
        var whole = search.minimise(run -> run.number() == 2 ? Double.NaN : run.configuration().number("x"));
        assertThat(search.minimise(run -> {
            throw new AssertionError("all is known");
        })).isEqualTo(whole);
        assertThatThrownBy(() -> search.withSeed(1).minimise(run -> 0)).isInstanceOf(LyceumException.class)
                .hasMessageContaining("another space, strategy or seed");
        assertThatThrownBy(() -> search.maximise(run -> 0)).isInstanceOf(FormatException.class)
                .hasMessageContaining("another space or direction");
        var lines = Files.readAllLines(folder.resolve("a"));
        for (String bad : new String[] {"{", "[]", "{\"number\":1}", lines.get(1).replace("\"x\":", "\"y\":"),
                lines.get(1).replaceAll("\"x\":[0-9.E-]+", "\"x\":7")}) {
            Files.writeString(folder.resolve("b"), lines.getFirst() + "\n" + bad + "\n");
            assertThatThrownBy(() -> search.withJournal(folder.resolve("b")).minimise(run -> 0)).as(bad).isInstanceOf(FormatException.class)
                    .hasMessageContaining("line 2");
        }
        // a line cut short by a crash is run again
        Files.writeString(folder.resolve("c"), lines.get(0) + "\n" + lines.get(1) + "\n" + lines.get(2).substring(0, 20));
        assertThat(
                search.withJournal(folder.resolve("c")).minimise(run -> run.number() == 2 ? Double.NaN : run.configuration().number("x")))
                .isEqualTo(whole);
    }

    @Test void choicesWithoutTextOfTheirOwnAreFoundAgainByAnotherRun(@TempDir Path folder) throws Exception {
        class Kernel {}
        for (int run = 0; run < 2; run++) {
            Supplier<Integer> lambda = () -> 3;
            var space = new SearchSpace().choice("kernel", new Kernel(), new Kernel()).choice("rate", lambda, List.of(new double[1]));
            var done = new AtomicInteger();
            new HyperparameterSearch(space, new RandomSearch(6)).withJournal(folder.resolve("a")).minimise(r -> done.incrementAndGet());
            assertThat(done.get()).isEqualTo(run == 0 ? 6 : 0);
        }
        assertThat(Files.readAllLines(folder.resolve("a")).getFirst()).contains("Kernel").doesNotContain("@");
    }

    @Test void wrongSpacesAndStrategiesAreRefusedInWords() {
        assertThatThrownBy(() -> new SearchSpace().real("a", 1, 1)).hasMessageContaining("the range is 1.0 to 1.0");
        assertThatThrownBy(() -> new SearchSpace().log("a", 0, 1)).hasMessageContaining("begins at 0.0; it begins above 0");
        assertThatThrownBy(() -> new SearchSpace().real("a", 0, Double.NaN)).hasMessageContaining("NaN");
        assertThatThrownBy(() -> new SearchSpace().choice("a")).hasMessageContaining("nothing to choose from");
        assertThatThrownBy(() -> new SearchSpace().choice("a", 1, 1)).hasMessageContaining("stands twice");
        assertThatThrownBy(() -> new SearchSpace().real("a", 0, 1).real("a", 0, 1)).hasMessageContaining("'a' stands twice");
        assertThatThrownBy(() -> new SearchSpace().real("a", 0, 1).when("b", 1)).hasMessageContaining("must be a choice before it");
        assertThatThrownBy(() -> new Hyperband(0)).hasMessageContaining("at least 1");
        assertThatThrownBy(() -> new SuccessiveHalving(3, 2, 1)).hasMessageContaining("they are positive and rise");
        assertThatThrownBy(() -> new HyperparameterSearch(new SearchSpace(), new RandomSearch(1))).hasMessageContaining("no parameters");
        var search = new HyperparameterSearch(new SearchSpace().real("x", 0, 1), new RandomSearch(3));
        assertThatThrownBy(() -> search.minimise(run -> {
            throw new IllegalArgumentException("too hot");
        }).best()).hasMessageContaining("none of 3 trials ran to its end; the first failed: too hot");
        assertThatThrownBy(() -> search.minimise(run -> 0).importance()).hasMessageContaining("at least 10");
    }
}
