package lyceum.text.lm;

import java.util.Arrays;
import java.util.List;
import lyceum.backend.Parallel;
import lyceum.random.Rng;
import lyceum.tensor.Temperature;
import lyceum.tensor.Tensor;

/**
 * Whatever gives probability to sequences of ids from left to right: {@code p(x) = prod p(x_t | x_<t)}. Logarithms are natural. Counts, recurrent networks,
 * transformers and remote models implement {@link #start} and share scoring, evaluation and sampling.
 *
 * {@snippet :
 * double nats = model.score(ids);                                      // log p(ids)
 * double perplexity = model.evaluate(texts).perplexity();
 * int[] drawn = model.sample(new int[0], 20, new Temperature(1), Rng.of(1));
 * }
 *
 * <p>A model with a start mark gives a probability to every token; one without says nothing about the first, so that a sequence of n ids has n - 1 terms.
 * Safe to share between threads.
 *
 * @see <a href="https://doi.org/10.1002/j.1538-7305.1948.tb01338.x">Shannon (1948)</a>
 */
public interface LanguageModel {

    /** What was read so far. A state is a value: it may be kept, and asked or continued any number of times. */
    interface State {
        /** Of every id as the next, nats; negative infinity for one that cannot come. */
        double[] logProbabilities();

        /** Of one id as the next. */
        default double logProbability(int id) { return logProbabilities()[id]; }

        /** This and one more id. */
        State next(int id);
    }

    /** Ids are 0 to this less one. */
    int vocabulary();

    /** The id that stands before every text and is never predicted, or -1. */
    int startMark();

    /** The id that ends a text, or -1. */
    int endMark();

    /** Before the first token of a text: the start mark, where there is one, has been read. */
    State start();

    /** Whether the probabilities of the next token add up to 1; where they do not, a perplexity means nothing. */
    default boolean normalised() { return true; }

    /**
     * Of each id given those before it: n terms with a start mark, n - 1 without, the first id being given then.
     *
     * @param ids without the start mark; with the end mark if the end is to be scored
     */
    default double[] logProbabilities(int... ids) {
        int given = startMark() >= 0 ? 0 : 1;
        var terms = new double[Math.max(0, ids.length - given)];
        var state = start();
        for (int t = 0; t < ids.length; t++) {
            if (t >= given) terms[t - given] = state.logProbability(ids[t]);
            if (t + 1 < ids.length) state = state.next(ids[t]);
        }
        return terms;
    }

    /** Sum of {@link #logProbabilities(int...)}. */
    default double score(int... ids) { return Arrays.stream(logProbabilities(ids)).sum(); }

    /** {@link #score} of each text; the same numbers for any number of threads. */
    default double[] scores(List<int[]> texts) {
        var scores = new double[texts.size()];
        Parallel.range(texts.size(), 1, (from, to) -> {
            for (int i = (int) from; i < to; i++) scores[i] = score(texts.get(i));
        });
        return scores;
    }

    /**
     * How well the model predicts whole texts, each ended by the end mark where the model has one.
     *
     * @throws IllegalArgumentException if the probabilities do not add up to 1, or the texts have no token to predict
     */
    default LanguageModelEvaluation evaluate(List<int[]> texts) {
        if (!normalised()) throw new IllegalArgumentException(
                "evaluate: the model's scores do not add up to 1, so that its perplexity would mean nothing; rank by score() or smooth otherwise");
        var whole = texts.stream().map(this::ended).toList();
        double[] scores = scores(whole);
        long tokens = 0, impossible = 0;
        double sum = 0;
        for (int i = 0; i < scores.length; i++) {
            tokens += Math.max(0, whole.get(i).length - (startMark() >= 0 ? 0 : 1));
            if (scores[i] == Double.NEGATIVE_INFINITY)
                for (double p : logProbabilities(whole.get(i))) if (p == Double.NEGATIVE_INFINITY) impossible++;
            sum += scores[i];
        }
        return new LanguageModelEvaluation(tokens, sum, impossible);
    }

    /** The ids and, where there is one, the end mark. */
    default int[] ended(int[] ids) {
        if (endMark() < 0) return ids;
        var whole = Arrays.copyOf(ids, ids.length + 1);
        whole[ids.length] = endMark();
        return whole;
    }

    /**
     * Writes on from a beginning.
     *
     * @param most ids at most; fewer where the end mark is drawn, which is not among them
     * @param temperature 1 for the model's own probabilities, 0 for the likeliest token each time
     * @return what follows the beginning
     */
    default int[] sample(int[] beginning, int most, Temperature temperature, Rng rng) {
        if (most < 0) throw new IllegalArgumentException("sample: " + most + " ids at most; it is 0 or more");
        var state = start();
        for (int id : beginning) state = state.next(id);
        var drawn = new int[most];
        for (int t = 0; t < most; t++) {
            int id = temperature.sample(Tensor.of(state.logProbabilities()), 1, rng)[0];
            if (id == endMark()) return Arrays.copyOf(drawn, t);
            drawn[t] = id;
            state = state.next(id);
        }
        return drawn;
    }
}
