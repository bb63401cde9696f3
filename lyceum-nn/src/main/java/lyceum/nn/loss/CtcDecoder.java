package lyceum.nn.loss;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * From the log probabilities of frames to label sequences. The best path's text need not be the best text: prefix beam search adds up the paths of each.
 *
 * {@snippet :
 * int[] quick = CtcDecoder.greedy(logProbs, 0);                              // (time, classes)
 * var best = new CtcDecoder(16).decode(logProbs).getFirst();
 * new CtcDecoder(64).withModel(bigrams).withModelWeight(0.5).withLengthBonus(1).decode(logProbs);
 * }
 *
 * <p>A hypothesis scores {@code log P(labels) + weight log P_model(labels) + bonus count}. At a width that drops nothing the sums are exact.
 *
 * @param width prefixes kept after each frame
 * @param blank the class that stands for nothing
 * @param model a language model of labels; null for none
 * @param modelWeight of its log probabilities
 * @param lengthBonus for each label, against a model's love of short texts
 * @see <a href="https://arxiv.org/abs/1408.2873">Hannun, Maas, Jurafsky and Ng (2014)</a>
 */
@Withers
public record CtcDecoder(int width, int blank, LabelModel model, double modelWeight, double lengthBonus) implements CtcDecoderWithers {
    public CtcDecoder {
        if (width < 1) throw new IllegalArgumentException("CtcDecoder: width is " + width + "; it is at least 1");
        if (blank < 0) throw new IllegalArgumentException("CtcDecoder: blank is " + blank + "; it is a class, at least 0");
        if (!Double.isFinite(modelWeight) || !Double.isFinite(lengthBonus)) throw new IllegalArgumentException(
                "CtcDecoder: modelWeight " + modelWeight + " and lengthBonus " + lengthBonus + "; both are finite");
    }

    /** Blank is class 0, no language model. */
    public CtcDecoder(int width) { this(width, 0, null, 1, 0); }

    /** A text and its score. */
    public record Hypothesis(int[] labels, double score) {}

    /** The best class of each frame, repeats merged and blanks deleted. */
    public static int[] greedy(Tensor logProbs, int blank) {
        requireFrames(logProbs, blank);
        int[] path = logProbs.detach().argmax(1).toIntArray(), labels = new int[path.length];
        int n = 0;
        for (int t = 0; t < path.length; t++) if (path[t] != blank && (t == 0 || path[t] != path[t - 1])) labels[n++] = path[t];
        return Arrays.copyOf(labels, n);
    }

    /** Insertions, deletions and substitutions that make one text of the other: over the length of the truth an error rate (Levenshtein 1966). */
    public static int edits(int[] a, int[] b) {
        var row = new int[b.length + 1];
        for (int j = 0; j <= b.length; j++) row[j] = j;
        for (int i = 1; i <= a.length; i++) {
            int corner = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length; j++) {
                int other = corner + (a[i - 1] == b[j - 1] ? 0 : 1);
                corner = row[j];
                row[j] = Math.min(other, Math.min(row[j], row[j - 1]) + 1);
            }
        }
        return row[b.length];
    }

    private static void requireFrames(Tensor logProbs, int blank) {
        if (logProbs.rank() != 2 || blank < 0 || blank >= logProbs.size(1)) throw new ShapeException("CtcDecoder: log probabilities "
                + logProbs.shape() + " and blank " + blank + "; they are (time, classes), the blank a class");
    }

    /** A node of the tree of texts, with the log probability of the paths so far that end in a blank and of those that end in its label. */
    private static final class Prefix {
        final Prefix parent;
        final int label;
        final double added; // by model and bonus
        final Map<Integer, Prefix> longer = new LinkedHashMap<>();
        double blank = Lattice.NONE, spoken = Lattice.NONE, nextBlank = Lattice.NONE, nextSpoken = Lattice.NONE;
        boolean listed;

        Prefix(Prefix parent, int label, double added) {
            this.parent = parent;
            this.label = label;
            this.added = added;
        }

        double total() { return Lattice.logAdd(blank, spoken); }

        double score() { return total() + added; }

        int[] labels() {
            int n = 0;
            for (var p = this; p.parent != null; p = p.parent) n++;
            var labels = new int[n];
            for (var p = this; p.parent != null; p = p.parent) labels[--n] = p.label;
            return labels;
        }
    }

    /** The best texts that the beam holds at the end, the best first: at most {@link #width}. */
    public List<Hypothesis> decode(Tensor logProbs) {
        requireFrames(logProbs, blank);
        double[][] frames = logProbs.detach().to(DType.F64).toRows();
        var root = new Prefix(null, blank, 0);
        root.blank = 0;
        var beam = new ArrayList<>(List.of(root));
        for (var frame : frames) {
            var next = new ArrayList<Prefix>();
            for (var prefix : beam) {
                double total = prefix.total();
                list(prefix, next).nextBlank = Lattice.logAdd(prefix.nextBlank, total + frame[blank]);
                if (prefix.parent != null) prefix.nextSpoken = Lattice.logAdd(prefix.nextSpoken, prefix.spoken + frame[prefix.label]);
                for (int c = 0; c < frame.length; c++) {
                    if (c == blank || frame[c] == Lattice.NONE) continue;
                    // A repeat is a new label only behind a blank.
                    double from = prefix.parent != null && c == prefix.label ? prefix.blank : total;
                    if (from == Lattice.NONE) continue;
                    var longer = list(longer(prefix, c), next);
                    longer.nextSpoken = Lattice.logAdd(longer.nextSpoken, from + frame[c]);
                }
            }
            for (var prefix : beam) prefix.blank = prefix.spoken = Lattice.NONE;
            for (var prefix : next) {
                prefix.blank = prefix.nextBlank;
                prefix.spoken = prefix.nextSpoken;
                prefix.nextBlank = prefix.nextSpoken = Lattice.NONE;
                prefix.listed = false;
            }
            next.sort(Comparator.comparingDouble(p -> -p.score()));
            beam = next.size() > width ? new ArrayList<>(next.subList(0, width)) : next;
            for (int i = width; i < next.size(); i++) next.get(i).blank = next.get(i).spoken = Lattice.NONE;
        }
        return beam.stream().map(p -> new Hypothesis(p.labels(), p.score())).toList();
    }

    private static Prefix list(Prefix prefix, List<Prefix> next) {
        if (!prefix.listed) next.add(prefix);
        prefix.listed = true;
        return prefix;
    }

    private Prefix longer(Prefix prefix, int label) {
        var known = prefix.longer.get(label);
        if (known != null) return known;
        double says = model == null ? 0 : modelWeight * model.logProbability(prefix.labels(), label);
        var made = new Prefix(prefix, label, prefix.added + says + lengthBonus);
        prefix.longer.put(label, made);
        return made;
    }
}
