package lyceum.learn.tuning;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import lyceum.LyceumException;
import lyceum.backend.Parallel;
import lyceum.learn.selection.CrossValidation;
import lyceum.learn.selection.Scorer;
import lyceum.progress.CancelledException;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.stats.learner.Learner;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Tries configurations of hyper-parameters and keeps the record.
 *
 * {@snippet :
 * var space = new SearchSpace().log("c", 1e-3, 1e3);
 * var search = new HyperparameterSearch(space, new RandomSearch(60));
 * var cv = new CrossValidation(new StratifiedKFold(5));
 * var study = search.tune(c -> new LogisticRegression().withC(c.number("c")), x, labels, cv, Scorer.LOG_LOSS);
 * study.best().configuration();
 * // any function
 * var other = search.minimise(run -> Math.abs(Math.log(run.configuration().number("c"))));
 * // trials are written down as they end; the same call goes on where it was stopped
 * search.withJournal(Path.of("trials.jsonl")).minimise(run -> train(run.configuration(), run.resource()));
 * }
 *
 * <p>Trials of a round run in parallel. What is proposed, pruned and drawn depends on the rounds before alone, so results are the same for any number of threads
 * if the objective's are. An objective that throws {@code IllegalArgumentException} or {@link LyceumException} fails its trial and not the search.
 *
 * @param strategy what to try
 * @param batch trials in a round; 0, the default, for the strategy's own
 * @param pruner which trials to stop early; none by default
 * @param seed of all draws
 * @param journal a file that each trial is added to when it ends, and from which earlier ones are taken; null for none
 * @see <a href="https://www.jmlr.org/papers/v13/bergstra12a.html">Bergstra and Bengio (2012)</a>
 */
@Withers
public record HyperparameterSearch(SearchSpace space, SearchStrategy strategy, int batch, TrialPruner pruner, long seed, Path journal)
        implements HyperparameterSearchWithers {
    /** What is to be made small or large. Called by several threads. */
    @FunctionalInterface
    public interface Objective {
        double value(TrialRun run);
    }

    public HyperparameterSearch {
        if (space.size() == 0) throw new IllegalArgumentException("HyperparameterSearch: the space has no parameters");
        if (batch < 0) throw new IllegalArgumentException(
                "HyperparameterSearch: a batch of " + batch + " trials; it is positive, or 0 for the strategy's own");
    }

    public HyperparameterSearch(SearchSpace space, SearchStrategy strategy) { this(space, strategy, 0, TrialPruner.NONE, 0, null); }

    public Study minimise(Objective objective) { return minimise(objective, Progress.SILENT); }

    /** @param progress hears of each trial and can stop the search @throws CancelledException if it does; what the journal has is kept */
    public Study minimise(Objective objective, Progress progress) { return run(objective, false, progress); }

    public Study maximise(Objective objective) { return maximise(objective, Progress.SILENT); }

    /** Like {@link #minimise(Objective, Progress)}. */
    public Study maximise(Objective objective, Progress progress) { return run(objective, true, progress); }

    /** {@link #tune(Function, Tensor, Tensor, CrossValidation, Scorer, Progress)} in silence. */
    public Study tune(Function<Configuration, ? extends Learner> recipe, Tensor x, Tensor y, CrossValidation validation, Scorer scorer) {
        return tune(recipe, x, y, validation, scorer, Progress.SILENT);
    }

    /**
     * Judges learners by cross-validation; a trial's value is the mean score, its reports are the folds' scores. With a strategy of growing resources the
     * resource is a share of the training rows of each fold, {@code resource / max}.
     *
     * @param recipe the learner of a configuration: a whole pipeline, so that all of it is fitted within the folds
     */
    public Study tune(Function<Configuration, ? extends Learner> recipe, Tensor x, Tensor y, CrossValidation validation, Scorer scorer,
            Progress progress) {
        validation.folds(x, y); // rows that cannot be cut are the caller's mistake, not the trials'
        return run(run -> {
            double share = run.resource() / strategy.maxResource();
            var cv = share < 1 ? validation.withScheme(new PartOfTraining(validation.scheme(), share)) : validation;
            var result = cv.score(recipe.apply(run.configuration()), x, y, scorer);
            double[] scores = result.scores(scorer);
            for (int f = 0; f < scores.length; f++) run.keep(f, scores[f]);
            return result.mean(scorer);
        }, scorer.greaterIsBetter(), progress);
    }

    private Study run(Objective objective, boolean maximises, Progress progress) {
        var rng = Rng.of(seed);
        var file = journal == null ? null : TrialJournal.open(journal, space, maximises);
        Map<Integer, Trial> kept = file == null ? Map.of() : file.trials();
        var trials = new ArrayList<Trial>();
        int total = strategy.trials(space);
        while (true) {
            var past = new Study(space, maximises, trials);
            var proposals = strategy.next(past, batch > 0 ? batch : strategy.batch(), rng.split(0));
            if (proposals.isEmpty()) return past;
            var results = new Trial[proposals.size()];
            var meter = new Meter(progress, past, total);
            Parallel.range(results.length, 1, (from, to) -> {
                for (int i = (int) from; i < to; i++) {
                    int number = past.trials().size() + i;
                    var proposal = proposals.get(i);
                    if (kept.containsKey(number)) {
                        results[i] = same(kept.get(number), proposal);
                        continue;
                    }
                    if (progress.isCancelled()) throw new CancelledException("HyperparameterSearch: stopped before trial " + number);
                    results[i] = trial(objective, new TrialRun(number, proposal, rng.split(1).split(number), past, pruner, progress));
                    if (file != null) file.add(results[i]);
                    meter.heard(results[i]);
                }
            });
            trials.addAll(List.of(results));
        }
    }

    private static Trial trial(Objective objective, TrialRun run) {
        try {
            return run.done(objective.value(run));
        } catch (CancelledException e) {
            throw e;
        } catch (IllegalArgumentException | LyceumException e) {
            return run.failed(e);
        }
    }

    private Trial same(Trial trial, SearchStrategy.Proposal proposal) {
        if (!trial.configuration().equals(proposal.configuration()) || trial.resource() != proposal.resource())
            throw new LyceumException("HyperparameterSearch: trial " + trial.number() + " of " + journal + " has " + trial.configuration()
                    + " where this search has " + proposal.configuration() + "; it is of another space, strategy or seed");
        return trial;
    }

    /** Tells a listener of trials as they end, one at a time. */
    private static final class Meter {
        private final Progress progress;
        private final Study past;
        private final int total;
        private final TreeMap<Integer, Trial> ended = new TreeMap<>();
        private double best = Double.NaN;

        Meter(Progress progress, Study past, int total) {
            this.progress = progress;
            this.past = past;
            this.total = total;
            if (!past.done().isEmpty()) best = past.done().stream().min(past.byValue()).orElseThrow().value();
        }

        synchronized void heard(Trial trial) {
            ended.put(trial.number(), trial);
            if (trial.isDone() && past.prefers(trial.value(), best)) best = trial.value();
            var metrics = new LinkedHashMap<String, Double>();
            metrics.put("value", trial.value());
            metrics.put("best", best);
            progress.step("trial", past.trials().size() + ended.size(), total, metrics);
        }
    }
}
