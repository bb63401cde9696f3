package lyceum.text.vector;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Objects;
import lyceum.progress.Progress;
import lyceum.withers.Withers;

/**
 * fastText's supervised mode: a text is the mean of the rows of its words, their letter n-grams and runs of words, and a linear layer on it names the label.
 *
 * {@snippet :
 * var texts = lines.map(FastTextClassifier.Labelled::parse).toList();  // "__label__spam win a prize"
 * var model = new FastTextClassifier(50).withRuns(2).fit(texts);
 * model.predict(List.of("win", "now"), 3);                             // [spam 0.97, ham 0.03]
 * }
 *
 * @param loss SOFTMAX by default; HIERARCHICAL_SOFTMAX for many labels, ONE_VS_ALL for several of one text
 * @param dimension of the rows
 * @param runs longest run of words that is a feature of its own, 1 by default: words alone
 * @param minCount rarer words are left out, 1 by default
 * @param shortest letters of an n-gram; 0 by default, for none
 * @param longest 0 by default
 * @param buckets rows that n-grams and runs share, 2,000,000 by default; none are kept where there is neither
 * @param negatives of NEGATIVE_SAMPLING, 5 by default
 * @param epochs passes over the texts, 5 by default
 * @param learningRate at the start, 0.1 by default; it falls linearly to nothing
 * @param threads 1 by default, with which a seed gives the same bits
 * @see <a href="https://arxiv.org/abs/1607.01759">Joulin, Grave, Bojanowski and Mikolov (2017), Bag of tricks for efficient text classification</a>
 */
@Withers
public record FastTextClassifier(FastTextSettings.Loss loss, int dimension, int runs, int minCount, int shortest, int longest, int buckets,
        int negatives, int epochs, double learningRate, int threads, long seed) implements FastTextClassifierWithers {
    /** What labels begin with in a line. */
    public static final String PREFIX = "__label__";

    /** A text and what it is about. @param labels at least one to learn from */
    public record Labelled(List<String> labels, List<String> words) {
        public Labelled {
            labels = List.copyOf(labels);
            words = List.copyOf(words);
        }

        /** A line of the program's training files: words between white space, labels among them with their prefix. */
        public static Labelled parse(String line) {
            List<String> labels = new ArrayList<>(), words = new ArrayList<>();
            for (var token : line.strip().split("\\s+")) {
                if (token.startsWith(PREFIX)) labels.add(token.substring(PREFIX.length()));
                else if (!token.isEmpty()) words.add(token);
            }
            return new Labelled(labels, words);
        }
    }

    public FastTextClassifier {
        Objects.requireNonNull(loss, "loss");
        FastTextTraining.check("FastTextClassifier", dimension, 1, negatives, minCount, epochs, learningRate, threads);
        if (runs < 1 || runs > 20) throw new IllegalArgumentException("FastTextClassifier: runs is " + runs + "; it lies between 1 and 20");
        new SubwordBuckets(shortest, longest, buckets);
    }

    /** The program's settings. */
    public FastTextClassifier(int dimension) { this(FastTextSettings.Loss.SOFTMAX, dimension, 1, 1, 0, 0, 2_000_000, 5, 5, 0.1, 1, 0); }

    /** N-grams of letters of these lengths, 0 and 0 for none. */
    public FastTextClassifier withLetters(int shortest, int longest) {
        return new FastTextClassifier(loss, dimension, runs, minCount, shortest, longest, buckets, negatives, epochs, learningRate, threads,
                seed);
    }

    public FastTextModel fit(List<Labelled> texts) { return fit(texts, Progress.SILENT); }

    /**
     * Reports each epoch with its mean loss a text. Texts are learnt in their order: shuffle those that are sorted by label.
     *
     * @throws IllegalArgumentException if there are fewer than two labels, or a text has none
     * @throws lyceum.progress.CancelledException if the listener asks to stop
     */
    public FastTextModel fit(List<Labelled> texts, Progress progress) {
        var text = IndexedText.of("FastTextClassifier", texts.stream().map(Labelled::words).toList(), minCount);
        var seen = new HashMap<String, long[]>();
        for (int i = 0; i < texts.size(); i++) {
            if (texts.get(i).labels.isEmpty()) throw new IllegalArgumentException("FastTextClassifier: text " + i + " has no label");
            for (var label : texts.get(i).labels) seen.computeIfAbsent(label, _ -> new long[1])[0]++;
        }
        if (seen.size() < 2)
            throw new IllegalArgumentException("FastTextClassifier: the labels are " + seen.keySet() + "; at least two are needed");
        var labels = seen.keySet().stream()
                .sorted(Comparator.<String>comparingLong(l -> -seen.get(l)[0]).thenComparing(Comparator.naturalOrder())).toList();
        var settings = new FastTextSettings(dimension, 5, epochs, minCount, negatives, runs, loss, FastTextSettings.Kind.SUPERVISED,
                runs == 1 && longest == 0 ? 0 : buckets, shortest, longest, 1e-4);
        long[] counts = labels.stream().mapToLong(l -> seen.get(l)[0]).toArray();
        var model = FastTextModel.start(settings, text.words(), text.counts(), labels, counts, text.tokens() + Arrays.stream(counts).sum(),
                seed);
        return new FastTextTraining(model, learningRate, threads, seed).labels(texts, progress);
    }
}
