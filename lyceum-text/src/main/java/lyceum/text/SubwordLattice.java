package lyceum.text;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.random.Rng;

/**
 * All ways to write a word in pieces of a vocabulary: a lattice with an edge for every piece at every place where it fits. A way's score is the sum of its pieces'
 * (0 where the vocabulary has none), its probability is proportional to the exponential of that.
 *
 * {@snippet :
 * var lattice = SubwordLattice.of(Vocabulary.of("l", "o", "w", "lo", "low", "er"), "lower");
 * var best = lattice.best().pieces();
 * }
 *
 * @see <a href="https://arxiv.org/abs/1804.10959">Kudo (2018)</a>
 */
public final class SubwordLattice {
    /** A way: its pieces and its score. */
    public record Segmentation(List<String> pieces, double score) {}

    private record Edge(int from, int id, double score) {}

    private final Vocabulary vocabulary;
    private final String word;
    private final List<List<Edge>> into = new ArrayList<>();
    private final int n;

    private SubwordLattice(Vocabulary vocabulary, String word) {
        this.vocabulary = vocabulary;
        this.word = word;
        n = word.length();
        for (int i = 0; i <= n; i++) into.add(new ArrayList<>());
    }

    /** Pieces of a vocabulary, control tokens and reserved ids left out. */
    public static SubwordLattice of(Vocabulary vocabulary, String word) {
        var lattice = new SubwordLattice(vocabulary, word);
        int longest = 0;
        for (var piece : vocabulary.tokens()) longest = Math.max(longest, piece.length());
        for (int from = 0; from < lattice.n; from++) {
            if (from > 0 && Character.isLowSurrogate(word.charAt(from))) continue;
            for (int to = from + 1; to <= Math.min(lattice.n, from + longest); to++) {
                int id = vocabulary.id(word.substring(from, to));
                if (id >= 0 && id != vocabulary.unknown() && !vocabulary.isSpecial(id) && !vocabulary.isReserved(id))
                    lattice.into.get(to).add(new Edge(from, id, vocabulary.score(id)));
            }
        }
        return lattice;
    }

    /** The number of ways; {@link Double#POSITIVE_INFINITY} from 1e308 on. */
    public double count() {
        var ways = new double[n + 1];
        ways[0] = 1;
        for (int to = 1; to <= n; to++) for (var edge : into.get(to)) ways[to] += ways[edge.from];
        return ways[n];
    }

    /** All ways, the shorter first piece first. @throws IllegalArgumentException if there are more than a million */
    public List<Segmentation> all() {
        if (count() > 1e6) throw new IllegalArgumentException(
                "SubwordLattice.all: \"" + word + "\" has " + count() + " segmentations; ask for the n best");
        var ends = new ArrayList<List<Segmentation>>();
        ends.add(List.of(new Segmentation(List.of(), 0)));
        for (int to = 1; to <= n; to++) {
            var here = new ArrayList<Segmentation>();
            for (var edge : into.get(to)) for (var way : ends.get(edge.from)) here.add(extended(way, edge));
            ends.add(here);
        }
        return ends.get(n);
    }

    private Segmentation extended(Segmentation way, Edge edge) {
        var pieces = new ArrayList<>(way.pieces);
        pieces.add(vocabulary.token(edge.id));
        return new Segmentation(pieces, way.score + edge.score);
    }

    /** The way of the greatest score (Viterbi). @throws IllegalStateException if the pieces cannot spell the word */
    public Segmentation best() {
        var best = nBest(1);
        if (best.isEmpty()) throw new IllegalStateException("SubwordLattice: no pieces spell \"" + word + "\"");
        return best.get(0);
    }

    /** The {@code k} ways of the greatest scores, the best first; fewer where there are fewer. */
    public List<Segmentation> nBest(int k) {
        if (k < 1) throw new IllegalArgumentException("SubwordLattice.nBest: " + k + " ways; at least 1");
        var ends = new ArrayList<List<Segmentation>>();
        ends.add(List.of(new Segmentation(List.of(), 0)));
        for (int to = 1; to <= n; to++) {
            var here = new ArrayList<Segmentation>();
            for (var edge : into.get(to)) for (var way : ends.get(edge.from)) here.add(extended(way, edge));
            here.sort((a, b) -> Double.compare(b.score, a.score));
            ends.add(here.size() <= k ? here : new ArrayList<>(here.subList(0, k)));
        }
        return ends.get(n);
    }

    /** log of the sum over all ways of exp(theta score): the forward algorithm. */
    public double logSum(double theta) { return forward(theta)[n]; }

    private double[] forward(double theta) {
        var alpha = new double[n + 1];
        Arrays.fill(alpha, Double.NEGATIVE_INFINITY);
        alpha[0] = 0;
        for (int to = 1; to <= n; to++) {
            double most = Double.NEGATIVE_INFINITY, sum = 0;
            for (var edge : into.get(to)) most = Math.max(most, alpha[edge.from] + theta * edge.score);
            if (most == Double.NEGATIVE_INFINITY) continue;
            for (var edge : into.get(to)) sum += Math.exp(alpha[edge.from] + theta * edge.score - most);
            alpha[to] = most + Math.log(sum);
        }
        return alpha;
    }

    /** A way drawn with probability proportional to exp(theta score): subword regularisation. */
    public Segmentation sample(double theta, Rng rng) {
        var alpha = forward(theta);
        if (alpha[n] == Double.NEGATIVE_INFINITY) throw new IllegalStateException("SubwordLattice: no pieces spell \"" + word + "\"");
        var pieces = new ArrayList<String>();
        double score = 0;
        for (int to = n; to > 0;) {
            double u = rng.nextDouble(), sum = 0;
            Edge chosen = null;
            for (var edge : into.get(to)) {
                if (alpha[edge.from] == Double.NEGATIVE_INFINITY) continue;
                chosen = edge;
                sum += Math.exp(alpha[edge.from] + theta * edge.score - alpha[to]);
                if (u < sum) break;
            }
            pieces.add(vocabulary.token(chosen.id));
            score += chosen.score;
            to = chosen.from;
        }
        return new Segmentation(pieces.reversed(), score);
    }
}
