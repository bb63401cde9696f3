package lyceum.learn.active;

import java.util.Arrays;
import java.util.Objects;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.stats.learner.Classifier;
import lyceum.stats.learner.LearnerInput;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Pool-based active learning: fits, chooses the rows whose labels seem worth most, asks for them, fits again.
 *
 * {@snippet :
 * var active = new ActiveLearner(new LogisticRegression(), Uncertainty.MARGIN, 10, 300);
 * ActiveRun run = active.run(x, Oracle.of(labels), new int[] {3, 57, 200}, Rng.of(1));
 * run.model().predict(z);
 * double[] curve = run.curve(new LogisticRegression(), x, test.x(), test.y());
 * }
 *
 * <p>The labelled rows are no sample of anything: judge on a random test set that was labelled before.
 *
 * @param learner fitted anew in every round
 * @param query what to ask about
 * @param batchSize rows of a round, at least 1
 * @param budget labels in all, those to begin with included
 * @see <a href="https://minds.wisconsin.edu/handle/1793/60660">Settles (2009)</a>
 */
@Withers
public record ActiveLearner(Classifier learner, Query query, int batchSize, int budget) implements ActiveLearnerWithers {
    public ActiveLearner {
        Objects.requireNonNull(learner, "learner");
        Objects.requireNonNull(query, "query");
        if (batchSize < 1) throw new IllegalArgumentException("ActiveLearner: batchSize is " + batchSize + "; it is at least 1");
        if (budget < 1) throw new IllegalArgumentException("ActiveLearner: budget is " + budget + "; it is at least 1");
    }

    /** Until the budget is spent or every row has a label. */
    public ActiveRun run(Tensor x, Oracle oracle, int[] start, Rng rng) {
        return run(x, oracle, start, StoppingRule.never(), rng, Progress.SILENT);
    }

    /**
     * @param x the pool (n x p)
     * @param start rows to ask for first; may be empty for queries that need no model
     * @param stop made for this run
     */
    public ActiveRun run(Tensor x, Oracle oracle, int[] start, StoppingRule stop, Rng rng, Progress progress) {
        var rows = LearnerInput.matrix("ActiveLearner.run", x, true).x();
        int n = (int) rows.size(0), most = Math.min(budget, n);
        var asked = new Asked(oracle, new int[n], new long[n], new boolean[n]);
        int known = asked.ask(0, start), round = 0;
        var rounds = new int[n + 1];
        var pool = asked.pool(rows, learner, known, rng.split(0));
        rounds[round++] = known;
        boolean stopped = false;
        while (known < most && !(stopped = stop.isDone(pool))) {
            int count = Math.min(batchSize, most - known);
            int[] chosen = query.choose(pool, count);
            if (chosen.length == 0 || chosen.length > count) throw new IllegalStateException(
                    "ActiveLearner.run: the query chose " + chosen.length + " rows where " + count + " were wanted");
            known = asked.ask(known, chosen);
            pool = asked.pool(rows, learner, known, rng.split(round));
            rounds[round++] = known;
            progress.step("active learning", known, most);
        }
        return new ActiveRun(pool.labelled(), pool.labels(), Arrays.copyOf(rounds, round), stopped, pool.hasModel() ? pool.model() : null);
    }

    /** What is known so far: rows and labels in the order of asking. */
    private record Asked(Oracle oracle, int[] rows, long[] labels, boolean[] known) {
        /** Asks and gives how many labels there are now. */
        int ask(int count, int... more) {
            for (int row : more) {
                if (row < 0 || row >= known.length || known[row]) throw new IllegalArgumentException(
                        "ActiveLearner.run: row " + row + " is asked for twice, or is none of " + known.length);
                known[row] = true;
            }
            long[] answers = oracle.labels(more);
            if (answers.length != more.length) throw new IllegalStateException(
                    "ActiveLearner.run: the oracle gave " + answers.length + " labels for " + more.length + " rows");
            System.arraycopy(more, 0, rows, count, more.length);
            System.arraycopy(answers, 0, labels, count, more.length);
            return count + more.length;
        }

        Pool pool(Tensor x, Classifier learner, int count, Rng rng) {
            return new Pool(x, learner, Arrays.copyOf(rows, count), Arrays.copyOf(labels, count), rng);
        }
    }
}
