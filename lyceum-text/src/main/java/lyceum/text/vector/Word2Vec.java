package lyceum.text.vector;

import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import lyceum.backend.Parallel;
import lyceum.prob.AliasTable;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.withers.Withers;

/**
 * word2vec: vectors that are good at telling which words stand near which. Stochastic descent, one example at a time, with a rate that falls linearly to
 * almost nothing.
 *
 * {@snippet :
 * var model = Word2Vec.skipGram(100).withWindow(5).withEpochs(5).fit(sentences);
 * model.vectors().nearest("water", 10);
 * }
 *
 * <p>With one thread a seed gives the same bits. With more, threads write to the shared vectors without locks, and no two runs are alike.
 *
 * @param mode SKIP_GRAM: the centre predicts each neighbour; CBOW: the mean of the neighbours predicts the centre
 * @param output how a word is predicted; NEGATIVE_SAMPLING by default
 * @param dimension of the vectors
 * @param window neighbours on each side, 5 by default
 * @param dynamicWindow whether each centre draws its width from 1 to the window, true by default
 * @param negatives false words for a true one, 5 by default. One may be the true word, as the objective has it: {@code u.v} then tends to
 *                  {@code log(#(w,c) / (k #(w) Pn(c)))}
 * @param noisePower false words are drawn in proportion to {@code count^noisePower}, 0.75 by default
 * @param subsample threshold t of {@link SkipGramPairs#keeping}, 1e-3 by default; 0 keeps all words
 * @param minCount rarer words are left out, 5 by default
 * @param epochs passes over the text, 5 by default
 * @param learningRate at the start, 0.025 by default, 0.05 for CBOW
 * @param threads 1 by default
 * @see <a href="https://arxiv.org/abs/1301.3781">Mikolov, Chen, Corrado and Dean (2013), Efficient Estimation of Word Representations in Vector Space</a>
 * @see <a href="https://arxiv.org/abs/1310.4546">Mikolov, Sutskever, Chen, Corrado and Dean (2013), Distributed Representations of Words and Phrases</a>
 */
@Withers
public record Word2Vec(Mode mode, Output output, int dimension, int window, boolean dynamicWindow, int negatives, double noisePower,
        double subsample, int minCount, int epochs, double learningRate, int threads, long seed)
        implements WordVectorLearner, Word2VecWithers {
    /** Who predicts whom. */
    public enum Mode {
        SKIP_GRAM, CBOW
    }

    /** How a word is predicted. */
    public enum Output {
        /** The true word against a few false ones: {@code -log s(u.h) - sum log s(-u'.h)}, s the logistic function. */
        NEGATIVE_SAMPLING,
        /** By the turns on the way to it in a Huffman tree: {@code -sum log s(+-u.h)} over the inner nodes; a probability over all words. */
        HIERARCHICAL_SOFTMAX,
        /** Against all words, {@code -u.h + log sum exp(u'.h)}: exact, for small vocabularies. */
        SOFTMAX
    }

    public Word2Vec {
        positive("dimension", dimension);
        positive("window", window);
        positive("negatives", negatives);
        positive("minCount", minCount);
        positive("epochs", epochs);
        positive("threads", threads);
        if (!(noisePower >= 0 && noisePower <= 10))
            throw new IllegalArgumentException("Word2Vec: noisePower is " + noisePower + "; it lies in [0, 10]");
        if (!(subsample >= 0)) throw new IllegalArgumentException("Word2Vec: subsample is " + subsample + "; it is not negative");
        if (!(learningRate > 0)) throw new IllegalArgumentException("Word2Vec: learningRate is " + learningRate + "; it is positive");
    }

    private static void positive(String name, int value) {
        if (value < 1) throw new IllegalArgumentException("Word2Vec: " + name + " is " + value + "; it is at least 1");
    }

    /** Skip-gram with negative sampling and the usual settings. */
    public static Word2Vec skipGram(int dimension) {
        return new Word2Vec(Mode.SKIP_GRAM, Output.NEGATIVE_SAMPLING, dimension, 5, true, 5, 0.75, 1e-3, 5, 5, 0.025, 1, 0);
    }

    /** CBOW with negative sampling and the usual settings. */
    public static Word2Vec cbow(int dimension) { return skipGram(dimension).withMode(Mode.CBOW).withLearningRate(0.05); }

    @Override public EmbeddingTable learn(List<? extends List<String>> sentences, Progress progress) {
        return fit(sentences, progress).vectors();
    }

    public Word2VecModel fit(List<? extends List<String>> sentences) { return fit(sentences, Progress.SILENT); }

    /** Reports each epoch with its mean loss an example. */
    public Word2VecModel fit(List<? extends List<String>> sentences, Progress progress) {
        var text = IndexedText.of("Word2Vec", sentences, minCount);
        var model = Word2VecModel.start(this, text, Rng.of(seed));
        var noise = new AliasTable(noise(text.counts()));
        var pairs = new SkipGramPairs(window, dynamicWindow, subsample == 0 ? null : SkipGramPairs.keeping(text.counts(), subsample));
        var done = new AtomicLong();
        double work = (double) text.tokens() * epochs + 1;
        for (int epoch = 0; epoch < epochs; epoch++) {
            int pass = epoch;
            var losses = new double[threads];
            var examples = new long[threads];
            Parallel.range(threads, 1, (from, to) -> {
                for (int t = (int) from; t < to; t++) {
                    var learner = new Word2VecStep(model, noise, negatives, Rng.of(seed).split(1 + (long) pass * threads + t));
                    for (int i = t; i < text.sentences().length; i += threads) {
                        learner.rate = learningRate * Math.max(1e-4, 1 - done.get() / work);
                        pairs.windows(text.sentences()[i], learner.rng, learner);
                        done.addAndGet(text.sentences()[i].length);
                    }
                    losses[t] = learner.loss;
                    examples[t] = learner.examples;
                }
            });
            double loss = 0, count = 0;
            for (int t = 0; t < threads; t++) {
                loss += losses[t];
                count += examples[t];
            }
            progress.step("epoch", pass + 1, epochs, "loss", loss / Math.max(1, count));
        }
        return model;
    }

    double[] noise(long[] counts) {
        var weights = new double[counts.length];
        for (int i = 0; i < weights.length; i++) weights[i] = Math.pow(counts[i], noisePower);
        return weights;
    }
}
