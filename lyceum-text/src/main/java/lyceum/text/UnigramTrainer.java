package lyceum.text;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import lyceum.data.corpus.Corpus;
import lyceum.math.Special;
import lyceum.progress.Progress;
import lyceum.withers.Withers;

/**
 * Learns a unigram model of pieces: starts from all frequent stretches of words, estimates their probabilities by expectation maximisation, takes away those that cost the
 * likelihood least, and so on down to the size asked for. The same bits for any number of threads: the words' chunks, and the order in which their sums are added, are fixed.
 *
 * @param vocabularySize pieces in all
 * @param seedSize pieces to start from, 100,000 by default
 * @param shrinking share of the pieces that a round keeps, 0.75 by default
 * @param iterations of expectation maximisation a round, 2 by default
 * @param longest characters of a piece, 16 by default
 * @param coverage share of all characters that the alphabet covers, 1 by default; rarer ones are unknown or bytes
 * @param plain whether probabilities are plain shares of expected counts, not digammas of them with rare pieces dropped (a variational Bayes step, the default)
 * @param byteFallback whether unknown characters are spelled in bytes
 * @param specials control tokens, which get the first ids
 * @param unknown the piece for what no piece spells; it gets the id behind the specials
 * @param normalizer how texts are changed first; null: not
 * @param preTokenizer how they are cut into words
 * @see <a href="https://arxiv.org/abs/1804.10959">Kudo (2018), section 3.2</a>
 */
@Withers
public record UnigramTrainer(int vocabularySize, int seedSize, double shrinking, int iterations, int longest, double coverage,
        boolean plain, boolean byteFallback, List<String> specials, String unknown, TextNormalizer normalizer, PreTokenizer preTokenizer)
        implements UnigramTrainerWithers {
    /**
     * A step of the training.
     *
     * @param round which pruning it is before, from 0
     * @param pieces how many there are
     * @param logLikelihood of the corpus under the pieces, before the step changes them
     */
    public record Step(int round, int pieces, double logLikelihood) {}

    /** What was learned, and how. */
    public record Training(TokenizerPipeline tokenizer, List<Step> steps) {}

    public UnigramTrainer {
        specials = List.copyOf(specials);
        if (vocabularySize < 1 || seedSize < vocabularySize || !(shrinking > 0 && shrinking < 1) || iterations < 1 || longest < 1
                || !(coverage > 0 && coverage <= 1))
            throw new IllegalArgumentException("UnigramTrainer: vocabularySize " + vocabularySize + ", seedSize " + seedSize
                    + ", shrinking " + shrinking + ", iterations " + iterations + ", longest " + longest + ", coverage " + coverage
                    + "; the seed is no smaller than the vocabulary, shares lie between 0 and 1");
    }

    /** SentencePiece's conventions: spaces as marks and one in front, start and end tokens. */
    public UnigramTrainer(int vocabularySize) {
        this(vocabularySize, Math.max(100_000, 4 * vocabularySize), 0.75, 2, 16, 1, false, false, List.of("<s>", "</s>"), "<unk>",
                Texts.ESCAPED, Texts.MARKED);
    }

    /** The text as it is, a space at the beginning of a piece, bytes for characters that the text does not have: decoding gives the text back. */
    public static UnigramTrainer spaced(int vocabularySize) {
        return new UnigramTrainer(vocabularySize).withByteFallback(true).withNormalizer(null).withPreTokenizer(Texts.SPACED);
    }

    /** Learns from the documents of a corpus. */
    public TokenizerPipeline train(Corpus corpus) { return run(Texts.of(corpus), Progress.SILENT).tokenizer(); }

    /** Learns from texts. */
    public TokenizerPipeline train(Iterable<String> texts) { return run(texts, Progress.SILENT).tokenizer(); }

    /** Learns from texts and tells of each step. */
    public Training run(Iterable<String> texts, Progress progress) {
        var words = WordTally.of(texts, normalizer, preTokenizer);
        if (words.isEmpty()) throw new IllegalArgumentException("UnigramTrainer: the texts have no word");
        var first = new ArrayList<>(specials);
        if (unknown != null) first.add(unknown);
        if (byteFallback) for (int b = 0; b < 256; b++) first.add(Decoding.byteToken(b));
        var characters = characters(words);
        int wanted = vocabularySize - first.size();
        if (wanted < characters.size())
            throw new IllegalArgumentException("UnigramTrainer: vocabularySize " + vocabularySize + " is less than " + first.size()
                    + " fixed pieces and " + characters.size() + " characters; raise it or lower the coverage");
        var expectation = new UnigramExpectation(words, characters);
        var seeds = seeds(words, characters);
        seeds.keySet().removeIf(piece -> first.contains(piece) && !characters.contains(piece)); // what text spells is no control token
        var pieces = new ArrayList<>(seeds.keySet());
        double all = seeds.values().stream().mapToDouble(Double::doubleValue).sum();
        var scores = pieces.stream().mapToDouble(p -> Math.log(seeds.get(p) / all)).toArray();
        var steps = new ArrayList<Step>();
        int target = Math.max(wanted, (int) (1.1 * wanted));
        for (int round = 0;; round++) {
            for (int i = 0; i < iterations; i++) {
                var counts = new double[pieces.size()];
                double logLikelihood = expectation.run(pieces, scores, counts);
                steps.add(new Step(round, pieces.size(), logLikelihood));
                progress.step("rounds of EM", steps.size(), -1, "log-likelihood", logLikelihood);
                var kept = new ArrayList<String>();
                scores = maximised(pieces, counts, characters, kept);
                pieces = kept;
            }
            if (pieces.size() <= target) break;
            int size = Math.max(target, (int) (shrinking * pieces.size()));
            var kept = new UnigramPruning(pieces, scores, expectation).keep(size, characters);
            var left = new ArrayList<String>();
            var leftScores = new double[kept.length];
            for (int i = 0; i < kept.length; i++) {
                left.add(pieces.get(kept[i]));
                leftScores[i] = scores[kept[i]];
            }
            scores = leftScores;
            boolean stuck = left.size() == pieces.size();
            pieces = left;
            if (stuck) break;
        }
        return new Training(finished(first, pieces, scores, characters, wanted), steps);
    }

    /** New log-probabilities out of expected counts; by the variational step rare pieces go. */
    private double[] maximised(List<String> pieces, double[] counts, HashSet<String> characters, List<String> kept) {
        var left = new double[pieces.size()];
        double sum = 0;
        for (int i = 0; i < counts.length; i++) {
            boolean required = characters.contains(pieces.get(i));
            if (plain ? counts[i] <= 0 && !required : counts[i] < 0.5 && !required) continue;
            left[kept.size()] = plain ? counts[i] : Math.max(counts[i], 0.5);
            sum += left[kept.size()];
            kept.add(pieces.get(i));
        }
        var scores = Arrays.copyOf(left, kept.size());
        double total = sum;
        for (int i = 0; i < scores.length; i++)
            scores[i] = plain ? Math.log(Math.max(scores[i], 1e-300) / total) : Special.digamma(scores[i]) - Special.digamma(total);
        return scores;
    }

    private TokenizerPipeline finished(List<String> first, List<String> pieces, double[] scores, HashSet<String> characters, int wanted) {
        var order = IntStream.range(0, pieces.size()).boxed().sorted((a, b) -> {
            boolean needA = characters.contains(pieces.get(a)), needB = characters.contains(pieces.get(b));
            if (needA != needB) return needA ? -1 : 1;
            return scores[a] != scores[b] ? Double.compare(scores[b], scores[a]) : pieces.get(a).compareTo(pieces.get(b));
        }).limit(wanted)
                .sorted((a, b) -> scores[a] != scores[b] ? Double.compare(scores[b], scores[a]) : pieces.get(a).compareTo(pieces.get(b)))
                .toList();
        var builder = new Vocabulary.Builder();
        for (var piece : first) builder.addScored(piece, 0);
        for (int i : order) builder.addScored(pieces.get(i), scores[i]);
        var model = new Unigram(builder.unknown(unknown).build(), unknown, byteFallback);
        return new TokenizerPipeline(new TokenizerSpec(normalizer, preTokenizer, model, null, Texts.pieces(normalizer, byteFallback),
                Texts.specials(specials, model), null, null));
    }

    /** The characters that become pieces: the most frequent ones up to the coverage. */
    private HashSet<String> characters(TreeMap<String, Long> words) {
        var counts = new TreeMap<String, Long>();
        words.forEach((word, count) -> word.codePoints().forEach(c -> counts.merge(Character.toString(c), count, Long::sum)));
        long all = counts.values().stream().mapToLong(Long::longValue).sum(), covered = 0;
        var kept = new HashSet<String>();
        var byCount = new ArrayList<>(counts.entrySet());
        byCount.sort(Map.Entry.<String, Long>comparingByValue().reversed().thenComparing(Map.Entry.comparingByKey()));
        for (var e : byCount) {
            if (coverage < 1 && covered >= coverage * all) break;
            kept.add(e.getKey());
            covered += e.getValue();
        }
        return kept;
    }

    /** All characters, and the stretches of words that are seen twice or more, by frequency times length, at most {@code seedSize}. */
    private TreeMap<String, Double> seeds(TreeMap<String, Long> words, HashSet<String> characters) {
        var counts = new HashMap<String, Long>();
        words.forEach((word, count) -> {
            int n = word.length();
            for (int from = 0; from < n; from += Character.charCount(word.codePointAt(from))) {
                int to = from;
                for (int k = 0; k < longest && to < n; k++) {
                    int c = word.codePointAt(to);
                    if (!characters.contains(Character.toString(c))) break;
                    to += Character.charCount(c);
                    counts.merge(word.substring(from, to), count, Long::sum);
                }
            }
        });
        var seeds = new TreeMap<String, Double>();
        for (var c : characters) seeds.put(c, (double) counts.getOrDefault(c, 1L));
        var order = new ArrayList<Map.Entry<String, Long>>();
        for (var e : counts.entrySet()) if (e.getValue() >= 2 && !characters.contains(e.getKey())) order.add(e);
        order.sort((a, b) -> {
            int byScore = Long.compare(b.getValue() * b.getKey().length(), a.getValue() * a.getKey().length());
            return byScore != 0 ? byScore : a.getKey().compareTo(b.getKey());
        });
        for (var e : order.subList(0, Math.min(order.size(), seedSize))) seeds.put(e.getKey(), (double) e.getValue() * e.getKey().length());
        return seeds;
    }
}
