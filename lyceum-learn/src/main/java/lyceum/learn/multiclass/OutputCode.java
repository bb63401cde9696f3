package lyceum.learn.multiclass;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import lyceum.random.Rng;
import lyceum.stats.learner.ClassificationModel;
import lyceum.stats.learner.Classifier;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Tag;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Each class has a word of bits, each bit a binary fit; the class whose word is nearest to what the fits say decides. Words that differ in d places repair
 * {@code (d - 1) / 2} wrong bits.
 *
 * {@snippet :
 * var learner = new OutputCode(new LogisticRegression(), 15, 0);
 * boolean[][] code = OutputCode.exhaustive(8);     // 127 bits, any two words 64 apart
 * }
 *
 * @param learner of two classes
 * @param length bits of a word
 * @param seed of the random words, redrawn until no two are alike and no bit is the same for all classes
 * @param hard distances between bits; else the Euclidean distance of scores from -1 and 1, as scikit-learn's
 * @see <a href="https://doi.org/10.1613/jair.105">Dietterich and Bakiri (1995)</a>
 */
@Withers
public record OutputCode(Classifier learner, int length, long seed, boolean hard) implements OutputCodeWithers, Classifier {
    public OutputCode {
        if (length < 1) throw new IllegalArgumentException("OutputCode: words of " + length + " bits; at least 1");
    }

    public OutputCode(Classifier learner, int length, long seed) { this(learner, length, seed, false); }

    @Override public Set<Tag> tags() {
        var tags = TwoClasses.tags(learner, false);
        tags.add(Tag.RANDOMISED);
        return tags;
    }

    /** Words for k classes: of 200 draws the one whose nearest words are farthest apart. */
    public static boolean[][] random(int k, int length, Rng rng) {
        if (k > 1L << Math.min(length, 40))
            throw new IllegalArgumentException("OutputCode: " + length + " bits tell " + (1L << length) + " classes apart, not " + k);
        boolean[][] best = null;
        int farthest = 0;
        for (int draw = 0; draw < 200 || best == null; draw++) {
            var code = new boolean[k][length];
            for (var word : code) for (int b = 0; b < length; b++) word[b] = rng.nextBoolean();
            int apart = distance(code);
            boolean dull = false;
            for (int b = 0; b < length && !dull; b++) {
                boolean same = true;
                for (var word : code) same &= word[b] == code[0][b];
                dull = same && k > 1;
            }
            if (apart > farthest && (!dull || draw > 10_000)) {
                farthest = apart;
                best = code;
            }
        }
        return best;
    }

    /** All {@code 2^(k-1) - 1} ways to split k classes in two, k from 3 to 11: any two words differ in {@code 2^(k-2)} places. */
    public static boolean[][] exhaustive(int k) {
        if (k < 3 || k > 11) throw new IllegalArgumentException("OutputCode.exhaustive: " + k + " classes; from 3 to 11");
        var code = new boolean[k][(1 << k - 1) - 1];
        for (int b = 0; b < code[0].length; b++) {
            code[0][b] = true;
            for (int c = 1; c < k; c++) code[c][b] = (b >> c - 1 & 1) == 1;
        }
        return code;
    }

    /** The least number of places in which two words differ. */
    public static int distance(boolean[][] code) {
        int least = code[0].length;
        for (int i = 0; i < code.length; i++) for (int j = i + 1; j < code.length; j++) {
            int apart = 0;
            for (int b = 0; b < code[i].length; b++) if (code[i][b] != code[j][b]) apart++;
            least = Math.min(least, apart);
        }
        return least;
    }

    /** The class whose word differs from these bits in the fewest places; the first of several. */
    public static int decode(boolean[][] code, boolean[] bits) {
        int best = 0, least = Integer.MAX_VALUE;
        for (int c = 0; c < code.length; c++) {
            int apart = 0;
            for (int b = 0; b < bits.length; b++) if (code[c][b] != bits[b]) apart++;
            if (apart >= least) continue;
            least = apart;
            best = c;
        }
        return best;
    }

    @Override public Fitted fit(Tensor x, Tensor labels) { return fit(x, labels, null); }

    @Override public Fitted fit(Tensor x, Tensor labels, Tensor weights) {
        return fit(x, labels, weights, random(LearnerInput.forFit(this, x).severalLabels(labels).count(), length, Rng.of(seed)));
    }

    /** With words of one's own. @param code [class][bit], classes ascending */
    public Fitted fit(Tensor x, Tensor labels, Tensor weights, boolean[][] code) {
        var input = LearnerInput.forFit(this, x);
        var seen = input.severalLabels(labels);
        if (weights != null) input.weights(weights);
        if (code.length != seen.count())
            throw new IllegalArgumentException("OutputCode.fit: " + code.length + " words for " + seen.count() + " classes");
        var models = new ArrayList<ClassificationModel>();
        for (int b = 0; b < code[0].length; b++) {
            var second = new boolean[seen.rows()];
            for (int i = 0; i < second.length; i++) second[i] = code[seen.codes()[i]][b];
            models.add(TwoClasses.fit(learner, input.x(), second, weights));
        }
        return new Fitted(seen.classes(), List.of(code), models, hard);
    }

    /** @param models one a bit */
    public record Fitted(long[] classes, List<boolean[]> code, List<ClassificationModel> models, boolean hard)
            implements ClassificationModel {
        @Override public long[] classes() { return classes.clone(); }

        @Override public int nFeatures() { return models.getFirst().nFeatures(); }

        @Override public boolean hasProbabilities() { return false; }

        @Override public Tensor predictProba(Tensor x) {
            throw new UnsupportedOperationException(
                    "OutputCode.predictProba: distances from code words are not probabilities; calibrate them");
        }

        /** Minus the distance from each class's word; of two classes the difference. */
        @Override public Tensor decisionFunction(Tensor x) {
            var rows = LearnerInput.forModelWithNaN(this, x).x();
            int n = (int) rows.size(0), k = classes.length;
            var squares = new double[n][k];
            for (int b = 0; b < models.size(); b++) {
                double[] s = TwoClasses.score(models.get(b), rows).toDoubleArray();
                for (int r = 0; r < n; r++) for (int c = 0; c < k; c++) {
                    double said = hard ? s[r] > 0 ? 1 : -1 : s[r], apart = said - (code.get(c)[b] ? 1 : -1);
                    squares[r][c] += apart * apart;
                }
            }
            var distance = Tensor.of(squares).sqrt();
            if (k == 2) return distance.select(1, 0).sub(distance.select(1, 1)).to(rows.dtype());
            return distance.neg().to(rows.dtype());
        }
    }
}
