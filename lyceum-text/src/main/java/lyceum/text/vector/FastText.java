package lyceum.text.vector;

import java.util.List;
import lyceum.progress.Progress;
import lyceum.text.vector.Word2Vec.Mode;
import lyceum.text.vector.Word2Vec.Output;
import lyceum.withers.Withers;

/**
 * fastText: as {@link Word2Vec}, but a word's vector is the mean of a row of its own and of the rows of its letter n-grams, so that words share what they
 * are made of, and a word never seen has a vector all the same.
 *
 * {@snippet :
 * var model = FastText.skipGram(100).withBuckets(200_000).fit(sentences);
 * model.nearest("unmarvellously", 10);                                 // of a word that no text has
 * model.write(Path.of("model.bin"));                                   // and the fasttext command reads it
 * }
 *
 * <p>With one thread a seed gives the same bits. With more, threads write to the shared rows without locks, and no two runs are alike.
 *
 * @param mode SKIP_GRAM: the centre predicts each neighbour; CBOW: the mean of all rows of the neighbours predicts the centre
 * @param output how a word is predicted; NEGATIVE_SAMPLING by default
 * @param dimension of the vectors
 * @param window neighbours on each side at most, 5 by default; each centre draws its width from 1 to this
 * @param negatives false words for a true one, 5 by default, in proportion to the root of their count; none is the true word
 * @param subsample threshold t of {@link SkipGramPairs#keeping}, 1e-4 by default; 0 keeps all words
 * @param minCount rarer words are left out, 5 by default
 * @param shortest letters of an n-gram, 3 by default, boundary marks among them; 0 for no n-grams
 * @param longest 6 by default
 * @param buckets rows that n-grams share, 2,000,000 by default, which take {@code 4 dimension} bytes each
 * @param epochs passes over the text, 5 by default
 * @param learningRate at the start, 0.05 by default; it falls linearly to nothing
 * @param threads 1 by default
 * @see <a href="https://arxiv.org/abs/1607.04606">Bojanowski, Grave, Joulin and Mikolov (2017)</a>
 */
@Withers
public record FastText(Mode mode, Output output, int dimension, int window, int negatives, double subsample, int minCount, int shortest,
        int longest, int buckets, int epochs, double learningRate, int threads, long seed) implements WordVectorLearner, FastTextWithers {
    public FastText {
        FastTextTraining.check("FastText", dimension, window, negatives, minCount, epochs, learningRate, threads);
        if (!(subsample >= 0)) throw new IllegalArgumentException("FastText: subsample is " + subsample + "; it is not negative");
        new SubwordBuckets(shortest, longest, buckets);
    }

    /** Skip-gram with negative sampling and the program's settings. */
    public static FastText skipGram(int dimension) {
        return new FastText(Mode.SKIP_GRAM, Output.NEGATIVE_SAMPLING, dimension, 5, 5, 1e-4, 5, 3, 6, 2_000_000, 5, 0.05, 1, 0);
    }

    /** CBOW with negative sampling and the program's settings. */
    public static FastText cbow(int dimension) { return skipGram(dimension).withMode(Mode.CBOW); }

    /** N-grams of other lengths, 0 and 0 for none. */
    public FastText withLetters(int shortest, int longest) {
        return new FastText(mode, output, dimension, window, negatives, subsample, minCount, shortest, longest, buckets, epochs,
                learningRate, threads, seed);
    }

    @Override public EmbeddingTable learn(List<? extends List<String>> sentences, Progress progress) {
        return fit(sentences, progress).vectors();
    }

    public FastTextModel fit(List<? extends List<String>> sentences) { return fit(sentences, Progress.SILENT); }

    /**
     * Reports each epoch with its mean loss an example.
     *
     * @throws lyceum.progress.CancelledException if the listener asks to stop
     */
    public FastTextModel fit(List<? extends List<String>> sentences, Progress progress) {
        var text = IndexedText.of("FastText", sentences, minCount);
        var settings = new FastTextSettings(dimension, window, epochs, minCount, negatives, 1, FastTextSettings.Loss.of(output),
                mode == Mode.CBOW ? FastTextSettings.Kind.CBOW : FastTextSettings.Kind.SKIP_GRAM, buckets, shortest, longest, subsample);
        var training = new FastTextTraining(
                FastTextModel.start(settings, text.words(), text.counts(), List.of(), new long[0], text.tokens(), seed), learningRate,
                threads, seed);
        return training.words(text.sentences(), text.counts(), progress);
    }
}
