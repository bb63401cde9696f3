package lyceum.train.search;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import lyceum.progress.Progress;
import lyceum.random.Rng;

/**
 * Search that tries architectures one after the other, within a budget: all, at random, or by evolution. They are the baselines that any cleverer search has to beat in
 * the same space with the same training.
 *
 * {@snippet :
 * var train = Evaluator.training(space, trainer, Loss::crossEntropy, data, Evaluator.accuracy(validation));
 * var search = new ArchitectureSearch(space, new ArchitectureSearch.Evolution(10, 3), ArchitectureSearch.Budget.trials(40));
 * var found = search.search(train, Rng.of(1), Progress.SILENT);
 * space.describe(found.choice());
 * found.cost().operations();
 * }
 *
 * <p>The i-th trial has a random stream of its own: results depend on the seed alone. Choose by validation data, and report on others.
 *
 * @param method how the next architecture is found
 * @param budget when it ends
 */
public record ArchitectureSearch(NetworkSpace space, Method method, Budget budget) {

    /** How the next architecture is found. */
    public sealed interface Method {}

    /** All of the space, in its order. */
    public record Exhaustive() implements Method {}

    /** Uniform, none twice: ends when the space is exhausted. */
    public record RandomSampling() implements Method {}

    /**
     * Ageing evolution: after a random start the best of a sample is mutated, the child joins, and the oldest member leaves, however good it was.
     *
     * @param population at least 2
     * @param sample drawn from it with replacement, in [1, population]
     * @see <a href="https://arxiv.org/abs/1802.01548">Real, Aggarwal, Huang and Le (2019)</a>
     */
    public record Evolution(int population, int sample) implements Method {
        public Evolution {
            if (population < 2 || sample < 1 || sample > population) throw new IllegalArgumentException(
                    "Evolution: population is " + population + ", sample " + sample + "; at least 2, and between 1 and the population");
        }
    }

    /**
     * Whichever comes first; a trial that has begun is finished.
     *
     * @param trials at most, at least 1
     * @param operations no trial begins once so many are spent
     */
    public record Budget(int trials, double operations) {
        public Budget {
            if (trials < 1) throw new IllegalArgumentException("Budget: trials is " + trials + "; at least 1");
            if (!(operations > 0)) throw new IllegalArgumentException("Budget: operations is " + operations + "; above 0");
        }

        public static Budget trials(int trials) { return new Budget(trials, Double.POSITIVE_INFINITY); }

        public static Budget operations(double operations) { return new Budget(Integer.MAX_VALUE, operations); }
    }

    public ArchitectureSearch {
        Objects.requireNonNull(space, "space");
        Objects.requireNonNull(method, "method");
        Objects.requireNonNull(budget, "budget");
    }

    /** @throws lyceum.progress.CancelledException if progress says so, between two trials */
    public SearchOutcome search(Evaluator evaluator, Rng rng, Progress progress) {
        var run = new Run(evaluator, rng, progress);
        switch (method) {
            case Exhaustive all -> {
                for (var a : space.all()) if (run.goesOn()) run.trial(a);
            }
            case RandomSampling any -> {
                Set<Architecture> seen = new HashSet<>();
                while (run.goesOn() && seen.size() < space.size()) {
                    var a = space.random(run.draws);
                    if (seen.add(a)) run.trial(a);
                }
            }
            case Evolution e -> evolve(run, e);
        }
        var best = run.trials.getFirst();
        for (var trial : run.trials) if (trial.score() > best.score()) best = trial;
        var entry = new CostLedger.Entry(method.getClass().getSimpleName() + ", " + run.trials.size() + " trials", run.networks,
                run.operations, (System.nanoTime() - run.begin) * 1e-9);
        return new SearchOutcome(best.architecture(), run.trials, List.of(), CostLedger.EMPTY.and(entry));
    }

    private void evolve(Run run, Evolution how) {
        var members = new ArrayDeque<SearchOutcome.Trial>();
        while (run.goesOn()) {
            if (members.size() < how.population && run.trials.size() < how.population) {
                members.add(run.trial(space.random(run.draws)));
                continue;
            }
            var all = new ArrayList<>(members);
            var parent = all.get(run.draws.nextInt(all.size()));
            for (int i = 1; i < how.sample; i++) {
                var other = all.get(run.draws.nextInt(all.size()));
                if (other.score() > parent.score()) parent = other;
            }
            members.add(run.trial(space.mutated(parent.architecture(), run.draws)));
            members.removeFirst();
        }
    }

    private final class Run {
        private final Evaluator evaluator;
        private final Rng rng, draws;
        private final Progress progress;
        private final long begin = System.nanoTime();
        private final ArrayList<SearchOutcome.Trial> trials = new ArrayList<>();
        private double operations;
        private long networks;

        Run(Evaluator evaluator, Rng rng, Progress progress) {
            this.evaluator = evaluator;
            this.rng = rng;
            this.progress = progress;
            draws = rng.split(0);
        }

        boolean goesOn() { return trials.size() < budget.trials && operations < budget.operations; }

        SearchOutcome.Trial trial(Architecture a) {
            var result = evaluator.evaluate(a, rng.split(1 + trials.size()));
            operations += result.operations();
            networks += result.networks();
            var trial = new SearchOutcome.Trial(a, result.score(), operations);
            trials.add(trial);
            progress.step("architecture", trials.size(), budget.trials == Integer.MAX_VALUE ? -1 : budget.trials, "score", result.score());
            return trial;
        }
    }
}
