package lyceum.text.compare;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import lyceum.random.Rng;
import lyceum.stats.Interval;
import lyceum.text.count.Stems;
import lyceum.withers.Withers;

/**
 * ROUGE: what of a reference is found in a candidate. Recall is over the reference, precision over the candidate, F between them.
 *
 * {@snippet :
 * var rouge = new Rouge();
 * rouge.n(1, "police kill the gunman", "police killed the gunman").recall();      // 3/4
 * rouge.l("the gunman kill police", "police killed the gunman").f1();             // 2/4
 * rouge.withStems(true).l("police kill the gunman", "police killed the gunman");  // 1: kill is killed
 * }
 *
 * <p>Words are runs of letters and digits, lower-cased. Several references: {@link #best} takes the best F, {@link #jackknife} the mean over all leave-one-out
 * bests, as Lin's package does, so that people, who have one reference less, can be compared. What stems, stop words and sentences were used must be told with a
 * score; they move it by points.
 *
 * @param stems whether words are cut to Porter's stems, false by default
 * @param stopWords left out, none by default
 * @see <a href="https://aclanthology.org/W04-1013/">Lin (2004)</a>
 * @see <a href="https://aclanthology.org/2023.acl-long.107/">Grusky (2023)</a>
 */
@Withers
public record Rouge(boolean stems, Set<String> stopWords) implements RougeWithers {
    /** Lin's weight of runs in ROUGE-W: f(k) = k^1.2. */
    private static final double RUNS = 1.2;

    /** A score. */
    public record Score(double precision, double recall) {
        static Score of(double hits, double candidate, double reference) {
            return new Score(candidate == 0 ? 0 : hits / candidate, reference == 0 ? 0 : hits / reference);
        }

        public double f1() { return f(1); }

        /** {@code (1 + beta^2) P R / (R + beta^2 P)}. */
        public double f(double beta) {
            double b = beta * beta, below = recall + b * precision;
            return below == 0 ? 0 : (1 + b) * precision * recall / below;
        }
    }

    public Rouge { stopWords = Set.copyOf(stopWords); }

    public Rouge() { this(false, Set.of()); }

    /** The words that are compared. */
    public List<String> words(String text) {
        var words = new ArrayList<String>();
        for (var word : text.toLowerCase(Locale.ROOT).split("[^\\p{L}\\p{N}]+"))
            if (!word.isEmpty() && !stopWords.contains(word)) words.add(stems && word.length() > 3 ? Stems.of(word) : word);
        return words;
    }

    /** Shared n-grams, each clipped to the smaller count. */
    public Score n(int n, String candidate, String reference) { return n(n, words(candidate), words(reference)); }

    public static Score n(int n, List<?> candidate, List<?> reference) {
        if (n < 1) throw new IllegalArgumentException("Rouge: n is " + n + "; it is 1 or more");
        NGramCounts c = NGramCounts.of(candidate, n), r = NGramCounts.of(reference, n);
        return Score.of(c.shared(r), c.total(), r.total());
    }

    /** The longest common subsequence of both as one sentence. */
    public Score l(String candidate, String reference) { return l(words(candidate), words(reference)); }

    public static Score l(List<?> candidate, List<?> reference) {
        return Score.of(CommonSubsequence.length(candidate, reference), candidate.size(), reference.size());
    }

    /** Sentence by sentence, one a line: for each of the reference, the words in any of its longest common subsequences with the candidate's. */
    public Score lSum(String candidate, String reference) {
        return lSum(candidate.lines().map(this::words).toList(), reference.lines().map(this::words).toList());
    }

    /**
     * Of several longest common subsequences that whose places in the reference come first counts. A word is hit at most as often as either text holds it.
     */
    public static Score lSum(List<? extends List<?>> candidate, List<? extends List<?>> reference) {
        Map<Object, Integer> left = new HashMap<>(), held = new HashMap<>();
        int m = 0, n = 0, hits = 0;
        for (var sentence : candidate) {
            n += sentence.size();
            for (var word : sentence) left.merge(word, 1, Integer::sum);
        }
        for (var sentence : reference) {
            m += sentence.size();
            for (var word : sentence) held.merge(word, 1, Integer::sum);
        }
        for (var sentence : reference) {
            var union = new boolean[sentence.size()];
            for (var other : candidate) for (int place : leftmost(sentence, other)) union[place] = true;
            for (int i = 0; i < union.length; i++) {
                var word = sentence.get(i);
                if (!union[i] || left.getOrDefault(word, 0) == 0 || held.get(word) == 0) continue;
                left.merge(word, -1, Integer::sum);
                held.merge(word, -1, Integer::sum);
                hits++;
            }
        }
        return Score.of(hits, n, m);
    }

    /** Places in a of the longest common subsequence that come first. */
    private static int[] leftmost(List<?> a, List<?> b) {
        int m = a.size(), n = b.size();
        var rest = new int[m + 1][n + 1];
        for (int i = m - 1; i >= 0; i--)
            for (int j = n - 1; j >= 0; j--)
                rest[i][j] = a.get(i).equals(b.get(j)) ? rest[i + 1][j + 1] + 1 : Math.max(rest[i + 1][j], rest[i][j + 1]);
        var places = new int[rest[0][0]];
        for (int i = 0, j = 0, k = 0; k < places.length; i++) {
            int next = j;
            while (next < n && !a.get(i).equals(b.get(next))) next++;
            if (next == n || rest[i + 1][next + 1] + 1 != rest[i][j]) continue;
            places[k++] = i;
            j = next + 1;
        }
        return places;
    }

    /** Like {@link #l(String, String)}, with runs worth more than their length: f(k) = k^1.2. */
    public Score w(String candidate, String reference) { return w(words(candidate), words(reference)); }

    /** By Lin's recurrence, which extends the run that lies before it and so does not always find the greatest sum. */
    public static Score w(List<?> candidate, List<?> reference) {
        int m = reference.size(), n = candidate.size();
        double[][] sum = new double[m + 1][n + 1];
        int[][] run = new int[m + 1][n + 1];
        for (int i = 1; i <= m; i++) {
            for (int j = 1; j <= n; j++) {
                if (reference.get(i - 1).equals(candidate.get(j - 1))) {
                    int k = run[i - 1][j - 1];
                    sum[i][j] = sum[i - 1][j - 1] + Math.pow(k + 1, RUNS) - Math.pow(k, RUNS);
                    run[i][j] = k + 1;
                } else {
                    sum[i][j] = Math.max(sum[i - 1][j], sum[i][j - 1]);
                }
            }
        }
        double found = Math.pow(sum[m][n], 1 / RUNS);
        return Score.of(found, n, m);
    }

    /** Pairs of words in order, any gap between them. */
    public Score s(String candidate, String reference) { return s(words(candidate), words(reference), Integer.MAX_VALUE, false); }

    /** Pairs and single words. */
    public Score su(String candidate, String reference) { return s(words(candidate), words(reference), Integer.MAX_VALUE, true); }

    /** @param gap most words between the two of a pair @param singles whether single words count as well */
    public static Score s(List<?> candidate, List<?> reference, int gap, boolean singles) {
        if (gap < 0) throw new IllegalArgumentException("Rouge: the gap is " + gap + "; it is 0 or more");
        Map<List<?>, Integer> c = pairs(candidate, gap, singles), r = pairs(reference, gap, singles);
        int hits = 0;
        for (var e : c.entrySet()) hits += Math.min(e.getValue(), r.getOrDefault(e.getKey(), 0));
        return Score.of(hits, c.values().stream().mapToInt(k -> k).sum(), r.values().stream().mapToInt(k -> k).sum());
    }

    private static Map<List<?>, Integer> pairs(List<?> words, int gap, boolean singles) {
        var counts = new HashMap<List<?>, Integer>();
        for (int i = 0; i < words.size(); i++) {
            if (singles) counts.merge(List.of(words.get(i)), 1, Integer::sum);
            for (int j = i + 1; j < words.size() && j - i - 1 <= gap; j++)
                counts.merge(List.of(words.get(i), words.get(j)), 1, Integer::sum);
        }
        return counts;
    }

    /** The score of the reference with the best F1, by any of the measures: {@code best(rouge::l, candidate, references)}. */
    public static Score best(BiFunction<String, String, Score> measure, String candidate, List<String> references) {
        if (references.isEmpty()) throw new IllegalArgumentException("Rouge: there is no reference");
        return references.stream().map(r -> measure.apply(candidate, r)).max((a, b) -> Double.compare(a.f1(), b.f1())).orElseThrow();
    }

    /** The mean, over references left out in turn, of the best F1 among the others; with one reference its F1. */
    public static double jackknife(BiFunction<String, String, Score> measure, String candidate, List<String> references) {
        double[] f = references.stream().mapToDouble(r -> measure.apply(candidate, r).f1()).toArray();
        if (f.length == 0) throw new IllegalArgumentException("Rouge: there is no reference");
        if (f.length == 1) return f[0];
        double sum = 0;
        for (int out = 0; out < f.length; out++) {
            double best = 0;
            for (int i = 0; i < f.length; i++) if (i != out) best = Math.max(best, f[i]);
            sum += best;
        }
        return sum / f.length;
    }

    /** A bootstrap interval for the mean of scores of a corpus, by resampling its texts. @param scores one a text */
    public static Interval interval(double[] scores, double level, int resamples, Rng rng) {
        if (scores.length == 0) throw new IllegalArgumentException("Rouge: there are no scores");
        if (!(level > 0 && level < 1) || resamples < 1) throw new IllegalArgumentException("Rouge: the level is " + level + " of "
                + resamples + " resamples; it lies between 0 and 1, and there is at least one of them");
        var means = new double[resamples];
        for (int r = 0; r < resamples; r++) {
            double sum = 0;
            for (int i = 0; i < scores.length; i++) sum += scores[rng.nextInt(scores.length)];
            means[r] = sum / scores.length;
        }
        Arrays.sort(means);
        double tail = (1 - level) / 2;
        return new Interval(means[(int) Math.floor(tail * (resamples - 1))], means[(int) Math.ceil((1 - tail) * (resamples - 1))]);
    }
}
