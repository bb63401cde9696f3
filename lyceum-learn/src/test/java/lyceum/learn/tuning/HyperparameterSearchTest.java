package lyceum.learn.tuning;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import lyceum.backend.Parallel;
import lyceum.data.Datasets;
import lyceum.learn.linear.Ridge;
import lyceum.learn.neighbors.KNeighborsClassifier;
import lyceum.learn.neighbors.NeighborWeights;
import lyceum.learn.selection.CrossValidation;
import lyceum.learn.selection.KFold;
import lyceum.learn.selection.Scorer;
import lyceum.learn.selection.StratifiedKFold;
import lyceum.progress.CancelledException;
import lyceum.progress.Progress;
import lyceum.stats.learner.Learner;
import lyceum.stats.learner.Pipeline;
import lyceum.stats.learner.StandardScaler;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HyperparameterSearchTest {
    private static final String TOPIC = "hyperparameter-search";

    /** Clause 1: each candidate's score in each fold, their means, and the chosen one. */
    @Acceptance(topic = TOPIC, clause = 1)
    @Test void gridScoresEqualGridSearchCv() {
        var gap = Gap.relativeBeyondOne();
        var ridge = new SearchSpace().choice("alpha", 0.001, 0.01, 0.1, 1.0, 10.0).choice("intercept", true, false);
        var neighbours = new SearchSpace().choice("k", 1, 3, 5, 9, 15, 31).choice("weights", NeighborWeights.UNIFORM,
                NeighborWeights.DISTANCE);
        int candidates = 0;
        for (var c : Golden.load("golden/hyperparameter-search.json").list("cases")) {
            int k = c.integer("input.folds");
            var name = c.text("name");
            var space = switch (name) {
                case "ridge" -> ridge;
                case "ridge-mse" -> new SearchSpace().choice("alpha", 0.003, 0.03, 0.3);
                case "neighbours" -> neighbours;
                default -> new SearchSpace().choice("k", 1, 3, 7, 15);
            };
            Function<Configuration, Learner> recipe = switch (name) {
                case "ridge" -> v -> new Ridge(v.number("alpha")).withIntercept(v.choice("intercept", Boolean.class));
                case "ridge-mse" -> v -> new Ridge(v.number("alpha"));
                case "neighbours" -> v -> new KNeighborsClassifier(v.integer("k")).withWeights(v.choice("weights", NeighborWeights.class));
                default -> v -> Pipeline.of(new StandardScaler()).then(new KNeighborsClassifier(v.integer("k")));
            };
            var data = name.startsWith("ridge") ? Datasets.diabetes()
                    : name.equals("neighbours") ? Datasets.iris() : Datasets.breastCancer();
            var scorer = name.equals("ridge") ? Scorer.R2 : name.equals("ridge-mse") ? Scorer.MEAN_SQUARED_ERROR : Scorer.ACCURACY;
            var cv = new CrossValidation(name.startsWith("ridge") ? new KFold(k) : new StratifiedKFold(k));
            var study = new HyperparameterSearch(space, new GridSearch()).tune(recipe, data.x(), data.y(), cv, scorer);
            double sign = scorer.greaterIsBetter() ? 1 : -1;
            double[] mean = c.doubles("expected.mean"), scores = c.doubles("expected.scores");
            assertThat(study.trials()).hasSize(mean.length);
            for (var t : study.trials()) {
                gap.see(name + ": mean of " + t.configuration(), sign * t.value(), mean[t.number()]);
                for (int f = 0; f < k; f++)
                    gap.see(name + ": fold " + f + " of " + t.configuration(), sign * t.reports().get((long) f),
                            scores[t.number() * k + f]);
                candidates++;
            }
            assertThat(study.best().number()).as(name).isEqualTo(c.integer("expected.best"));
        }
        Evidence.of("candidates", candidates, exactly(29));
        Evidence.of("largest difference of a score", gap, below(1e-9));
    }

    /** Clause 2. Good is a region of 5% of four parameters by their own distribution functions, written out here. */
    @Acceptance(topic = TOPIC, clause = 2)
    @Test void sixtyRandomTrialsHitTheBestTwentieth() {
        var space = new SearchSpace().log("rate", 1e-5, 1e-1).real("momentum", 0.5, 0.9).integer("layers", 1, 10).choice("kind", "a", "b",
                "c", "d");
        int hits = 0, simulations = 2_000;
        for (int s = 0; s < simulations; s++) {
            // 1/4 x 1/2 x 5/10 x 4/5 = 1/20: a kind, any of five layers, momenta of a half, rates of 80% of four decades
            var study = new HyperparameterSearch(space, new RandomSearch(60)).withSeed(s).maximise(run -> {
                var c = run.configuration();
                double rate = c.number("rate"), momentum = c.number("momentum");
                boolean good = c.text("kind").equals("b") && c.integer("layers") >= 6 && momentum < 0.7 && rate >= Math.pow(10, -4.2);
                return good ? 1 : 0;
            });
            if (study.best().value() == 1) hits++;
        }
        Evidence.of("share of searches that hit the best 5%", (double) hits / simulations, atLeast(0.93));
        Evidence.of("which theory puts at 0.954", (double) hits / simulations, between(0.94, 0.968));
    }

    /** Clause 3: the table of Li and others (2018) for R = 81 and eta = 3. */
    @Acceptance(topic = TOPIC, clause = 3)
    @Test void hyperbandRunsThePublishedSchedule() {
        int[][] counts = {{81, 27, 9, 3, 1}, {34, 11, 3, 1}, {15, 5, 1}, {8, 2}, {5}};
        int[][] resources = {{1, 3, 9, 27, 81}, {3, 9, 27, 81}, {9, 27, 81}, {27, 81}, {81}};
        var space = new SearchSpace().real("x", 0, 1);
        var study = new HyperparameterSearch(space, new Hyperband(81, 3))
                .minimise(run -> run.configuration().number("x") + 1 / run.resource());
        int at = 0, wrong = 0;
        for (int b = 0; b < counts.length; b++) {
            List<Trial> before = null;
            for (int r = 0; r < counts[b].length; r++) {
                var rung = study.trials().subList(at, at + counts[b][r]);
                at += counts[b][r];
                for (var t : rung) if (t.resource() != resources[b][r]) wrong++;
                if (before == null) assertThat(rung).allMatch(t -> t.continues() == -1);
                else {
                    // those that went on are the best of the rung before
                    var best = before.stream().sorted((s, t) -> Double.compare(s.value(), t.value())).limit(rung.size()).map(Trial::number)
                            .toList();
                    assertThat(rung.stream().map(Trial::continues)).containsExactlyElementsOf(best);
                }
                before = rung;
            }
        }
        Evidence.of("trials", study.trials().size(), exactly(206));
        Evidence.of("trials of the table's rungs", at, exactly(206));
        Evidence.of("trials with another resource than the table's", wrong, exactly(0));
    }

    /** Clause 4. */
    @Acceptance(topic = TOPIC, clause = 4)
    @Tag("slow")
    @Test void expectedImprovementFindsBraninsMinimumWhereRandomDrawsDoNot() {
        int near = 0, lucky = 0;
        for (int seed = 0; seed < 20; seed++) {
            if (branin(new BayesianSearch(30), seed) - 0.397887 <= 0.1) near++;
            if (branin(new RandomSearch(30), seed) - 0.397887 <= 0.1) lucky++;
        }
        Evidence.of("seeds of 20 within 0.1 by expected improvement", near, atLeast(18));
        Evidence.of("seeds of 20 within 0.1 at random", lucky, atMost(8));
    }

    private static double branin(SearchStrategy strategy, long seed) {
        var space = new SearchSpace().real("x", -5, 10).real("y", 0, 15);
        var study = new HyperparameterSearch(space, strategy).withSeed(seed).minimise(run -> branin(run.configuration()));
        assertThat(study.trials()).hasSize(30);
        return study.best().value();
    }

    private static double branin(Configuration c) {
        double x = c.number("x"), y = c.number("y");
        double a = y - 5.1 / (4 * Math.PI * Math.PI) * x * x + 5 / Math.PI * x - 6;
        return a * a + 10 * (1 - 1 / (8 * Math.PI)) * Math.cos(x) + 10;
    }

    /** Clause 5, for each strategy, stopped at several places, with failures, pruning and draws of the trials' own. */
    @Acceptance(topic = TOPIC, clause = 5)
    @Test void aResumedStudyEqualsAnUninterruptedOne(@TempDir Path folder) throws Exception {
        var space = new SearchSpace().log("rate", 1e-4, 1).choice("kind", "a", "b").integer("depth", 1, 6).when("kind", "a");
        HyperparameterSearch.Objective objective = run -> {
            var c = run.configuration();
            if (c.number("rate") > 0.7) throw new IllegalArgumentException("diverged");
            double loss = Math.abs(Math.log(c.number("rate") / 0.01)) + (c.has("depth") ? c.integer("depth") : 3)
                    + 0.1 * run.rng().nextGaussian();
            for (int step = 0; step < 3; step++) if (!run.report(step, loss / (step + 1) / run.resource())) return loss;
            return loss / run.resource();
        };
        int compared = 0, stops = 0, pruned = 0, failed = 0;
        for (SearchStrategy strategy : List.of(new GridSearch(4), new RandomSearch(30), new QuasiRandomSearch(30),
                new SuccessiveHalving(20, 1, 9), new Hyperband(9), new ParzenSearch(30), new BayesianSearch(14))) {
            var search = new HyperparameterSearch(space, strategy).withPruner(TrialPruner.median(1, 4)).withSeed(7)
                    .withBatch(strategy.batch() == 1 ? 2 : 8);
            var whole = search.minimise(objective);
            pruned += whole.trials().stream().filter(t -> t.status() == Trial.Status.PRUNED).count();
            failed += whole.trials().stream().filter(t -> t.status() == Trial.Status.FAILED).count();
            for (int stop : new int[] {1, 5, 11}) {
                var file = folder.resolve(strategy.getClass().getSimpleName() + stop);
                var done = new AtomicInteger();
                Progress stopping = update -> done.incrementAndGet();
                try {
                    search.withJournal(file).minimise(objective, stopping.stoppedBy(() -> done.get() >= stop));
                } catch (CancelledException e) {
                    stops++;
                }
                assertThat(Files.readAllLines(file).size() - 1).isBetween(stop, stop + Parallel.threads());
                var ran = new AtomicInteger();
                var resumed = search.withJournal(file).minimise(run -> {
                    ran.incrementAndGet();
                    return objective.value(run);
                });
                assertThat(ran.get()).isLessThanOrEqualTo(whole.trials().size() - stop);
                assertThat(resumed).isEqualTo(whole);
                compared++;
            }
        }
        Evidence.of("searches that were stopped", stops, exactly(21));
        Evidence.of("resumed studies that equal the whole ones in every trial", compared, exactly(21));
        Evidence.of("pruned trials among them", pruned, atLeast(10));
        Evidence.of("failed trials among them", failed, atLeast(5));
    }

    @Test void progressHearsOfEachTrialAndStopsTuning() {
        var data = Datasets.diabetes();
        var search = new HyperparameterSearch(new SearchSpace().log("alpha", 1e-3, 1e3), new RandomSearch(12)).withBatch(4);
        var cv = new CrossValidation(new KFold(3));
        Function<Configuration, Learner> recipe = c -> new Ridge(c.number("alpha"));
        var heard = new ArrayList<Progress.Update>();
        var study = search.tune(recipe, data.x(), data.y(), cv, Scorer.R2, heard::add);
        assertThat(heard).extracting(Progress.Update::step).containsExactly(1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L, 9L, 10L, 11L, 12L);
        assertThat(heard).allMatch(u -> u.total() == 12 && u.task().equals("trial"));
        assertThat(heard.getLast().metrics().get("best")).isEqualTo(study.best().value());
        Progress listener = update -> {};
        assertThatThrownBy(() -> search.tune(recipe, data.x(), data.y(), cv, Scorer.R2, listener.stoppedBy(() -> true)))
                .isInstanceOf(CancelledException.class).hasMessageContaining("stopped");
    }

    @Test void oneThreadGivesTheSameStudy() {
        var space = new SearchSpace().real("x", -5, 10).real("y", 0, 15);
        for (SearchStrategy strategy : List.of(new RandomSearch(40), new Hyperband(9), new ParzenSearch(20), new BayesianSearch(12))) {
            var search = new HyperparameterSearch(space, strategy).withBatch(4).withPruner(TrialPruner.median(0, 3));
            HyperparameterSearch.Objective objective = run -> {
                run.report(0, branin(run.configuration()));
                return branin(run.configuration()) + run.rng().nextDouble();
            };
            var alone = new ArrayList<Study>();
            Parallel.sequentially(() -> alone.add(search.minimise(objective)));
            assertThat(search.minimise(objective)).isEqualTo(alone.getFirst());
        }
    }
}
