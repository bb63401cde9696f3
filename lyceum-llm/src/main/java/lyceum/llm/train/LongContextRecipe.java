package lyceum.llm.train;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import lyceum.random.Rng;
import lyceum.withers.Withers;

/**
 * What a model reads while it learns to read further: documents of several kinds by share, such as long ones upsampled, short ones kept, and tasks that need the far end.
 *
 * {@snippet :
 * var recipe = LongContextRecipe.byLength(documents, new int[] {64, 256}, 0.6, 0.4).withUnit(LongContextRecipe.Unit.TOKENS);
 * PackedText text = recipe.packed(1000, 256, endMark, Rng.of(1));           // short ones share rows, and do not see each other
 * }
 *
 * <p>Each draw is independent. By tokens a part is drawn the less often, the longer its documents are on average, so that its tokens have the share.
 *
 * @param parts kinds of documents
 * @param unit what the shares count, {@link Unit#SEQUENCES} by default
 * @see <a href="https://arxiv.org/abs/2402.10171">Fu et al. (2024), Data Engineering for Scaling Language Models to 128K Context</a>
 */
@Withers
public record LongContextRecipe(List<Part> parts, Unit unit) implements LongContextRecipeWithers {

    /** What shares count. */
    public enum Unit {
        SEQUENCES, TOKENS
    }

    /** Where documents come from: drawn from a store, or made up. */
    @FunctionalInterface
    public interface Source {
        int[] draw(Rng rng);

        /** One of these, each as likely. */
        static Source of(List<int[]> documents) {
            if (documents.isEmpty()) throw new IllegalArgumentException("LongContextRecipe: a source without documents");
            var all = List.copyOf(documents);
            return rng -> all.get(rng.nextInt(all.size()));
        }

        /** Documents of this source, one behind another, as one document of that length, its last one cut: long, though nothing in it looks far back. */
        default Source stitched(int length) {
            return rng -> {
                var ids = new int[length];
                for (int at = 0, n = 0; at < length; n++) {
                    int[] next = draw(rng.split(n));
                    if (next.length == 0) throw new IllegalArgumentException("LongContextRecipe: an empty document");
                    int some = Math.min(next.length, length - at);
                    System.arraycopy(next, 0, ids, at, some);
                    at += some;
                }
                return ids;
            };
        }
    }

    /** A kind of documents. @param meanLength of them in tokens, read where shares count tokens */
    public record Part(String name, Source source, double share, double meanLength) {
        public Part {
            Objects.requireNonNull(source, "source");
            if (!(share >= 0 && share < Double.POSITIVE_INFINITY && meanLength > 0))
                throw new IllegalArgumentException("LongContextRecipe: \"" + name + "\" has the share " + share + " and a mean length of "
                        + meanLength + "; not negative, and above 0");
        }

        /** Of documents that are there. */
        public Part(String name, List<int[]> documents, double share) {
            this(name, Source.of(documents), share, documents.stream().mapToInt(d -> d.length).average().orElseThrow());
        }
    }

    /** A document and the number of its part. */
    public record Drawn(int part, int[] ids) {}

    public LongContextRecipe {
        parts = List.copyOf(parts);
        Objects.requireNonNull(unit, "unit");
        if (!(parts.stream().mapToDouble(Part::share).sum() > 0))
            throw new IllegalArgumentException("LongContextRecipe: " + parts.size() + " parts, whose shares add up to nothing");
    }

    /** Shares of sequences. */
    public LongContextRecipe(Part... parts) { this(List.of(parts), Unit.SEQUENCES); }

    /**
     * Documents by their length, whatever the lengths of the store: those of up to the first bound, those above it up to the second, and so on. Longer ones than the last are left out.
     *
     * @param shares one a bound
     * @throws IllegalArgumentException if a bin with a share has no document
     */
    public static LongContextRecipe byLength(List<int[]> documents, int[] bounds, double... shares) {
        if (bounds.length != shares.length)
            throw new IllegalArgumentException("LongContextRecipe.byLength: " + bounds.length + " bounds, " + shares.length + " shares");
        var parts = new ArrayList<Part>();
        for (int b = 0; b < bounds.length; b++) {
            int above = b == 0 ? 0 : bounds[b - 1], upTo = bounds[b];
            var some = documents.stream().filter(d -> d.length > above && d.length <= upTo).toList();
            if (some.isEmpty() && shares[b] > 0) throw new IllegalArgumentException(
                    "LongContextRecipe.byLength: no document has " + (above + 1) + " to " + upTo + " tokens");
            if (!some.isEmpty()) parts.add(new Part("up to " + upTo, some, shares[b]));
        }
        return new LongContextRecipe(parts, Unit.SEQUENCES);
    }

    /** Probabilities of the parts in a draw. */
    public double[] probabilities() {
        double[] p = parts.stream().mapToDouble(part -> unit == Unit.TOKENS ? part.share / part.meanLength : part.share).toArray();
        double sum = Arrays.stream(p).sum();
        for (int i = 0; i < p.length; i++) p[i] /= sum;
        return p;
    }

    /** The document of that number of a stream: the same for the same Rng, whatever was drawn before. */
    public Drawn document(long number, Rng rng) {
        double[] p = probabilities();
        var own = rng.split(number);
        double u = own.nextDouble();
        int part = 0;
        while (part + 1 < p.length && (u >= p[part] || p[part] == 0)) u -= p[part++];
        while (p[part] == 0) part--; // rounding beyond the last share
        return new Drawn(part, parts.get(part).source.draw(own));
    }

    /** The first documents of a stream. */
    public List<Drawn> draw(int count, Rng rng) {
        var drawn = new ArrayList<Drawn>();
        for (int i = 0; i < count; i++) drawn.add(document(i, rng));
        return drawn;
    }

    /** At least so many rows of that length, whole documents in each, apart from each other. @param endMark set behind each, or -1 */
    public PackedText packed(int rows, int length, int endMark, Rng rng) {
        var documents = new ArrayList<int[]>();
        long tokens = 0;
        for (long i = 0; tokens < (long) rows * length; i++) {
            var next = document(i, rng).ids;
            documents.add(next);
            tokens += next.length + (endMark < 0 ? 0 : 1);
        }
        return PackedText.whole(documents, length, endMark);
    }
}
