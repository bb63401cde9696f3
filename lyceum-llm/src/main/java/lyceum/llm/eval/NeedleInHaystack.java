package lyceum.llm.eval;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.llm.CausalLM;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.text.compare.EditDistance;
import lyceum.withers.Withers;

/**
 * Something to remember, put at a chosen depth into a text of a chosen length, and a question about it at the end: over a grid of both, how often it is answered.
 *
 * {@snippet :
 * var test = new NeedleInHaystack(hay, new int[] {1000, 2000, 4000}, new double[] {0, 0.25, 0.5, 0.75, 1}).withTrials(10);
 * var grid = test.run(NeedleInHaystack.reader(model), (depth, rng) -> List.of(needle), Rng.of(1), Progress.SILENT);
 * double worst = grid.least();
 * }
 *
 * <p>Everything is in tokens: the context, question included, has exactly the length, and {@code round(depth hay)} tokens of the hay stand before a needle, where
 * hay is what the length leaves beside needles and question. Depth 0 is the beginning, 1 directly before the question. The hay of a trial begins at a random place
 * of the corpus, which is read in a circle. Of several needles the last is asked for.
 *
 * @param corpus tokens of any text
 * @param lengths of contexts
 * @param depths in [0, 1]
 * @param trials of each cell
 * @param fuzzy scores by edits, {@code 1 - edits / longer}, instead of 1 for the very answer and 0 else
 * @see <a href="https://github.com/gkamradt/LLMTest_NeedleInAHaystack">Kamradt (2023)</a>
 */
@Withers
public record NeedleInHaystack(int[] corpus, int[] lengths, double[] depths, int trials, boolean fuzzy) implements NeedleInHaystackWithers {

    /** Something to remember. @param depth where it stands @param statement its tokens @param question asked at the end @param answer expected */
    public record Needle(double depth, int[] statement, int[] question, int[] answer) {}

    /** Needles of one trial; the last is asked for, at the cell's depth. */
    @FunctionalInterface
    public interface Needles {
        List<Needle> draw(double depth, Rng rng);
    }

    /** Answers a context, which ends in its question, by so many tokens. */
    @FunctionalInterface
    public interface Reader {
        int[] answer(int[] context, int count);
    }

    /** A context. @param starts where needles begin, in the order given */
    public record Built(int[] context, int[] starts, int[] answer) {}

    /** Mean scores by length and depth. */
    public record Grid(int[] lengths, double[] depths, double[][] scores, int trials) {
        public double least() { return Arrays.stream(scores).flatMapToDouble(Arrays::stream).min().orElseThrow(); }

        /** Mean over depths, of each length. */
        public double[] byLength() {
            return Arrays.stream(scores).mapToDouble(row -> Arrays.stream(row).average().orElseThrow()).toArray();
        }
    }

    public NeedleInHaystack {
        corpus = corpus.clone();
        lengths = lengths.clone();
        depths = depths.clone();
        if (corpus.length == 0 || lengths.length == 0 || depths.length == 0 || trials < 1)
            throw new IllegalArgumentException("NeedleInHaystack: " + corpus.length + " tokens of hay, " + lengths.length + " lengths, "
                    + depths.length + " depths, " + trials + " trials; at least 1 each");
        for (double depth : depths) check(depth);
    }

    /** Ten trials, exact answers. */
    public NeedleInHaystack(int[] corpus, int[] lengths, double[] depths) { this(corpus, lengths, depths, 10, false); }

    private static void check(double depth) {
        if (!(depth >= 0 && depth <= 1))
            throw new IllegalArgumentException("NeedleInHaystack: a depth of " + depth + "; 0 the beginning, 1 the end");
    }

    /** A model that writes on greedily. */
    public static Reader reader(CausalLM model) {
        return (context, count) -> {
            var answer = new int[count];
            var decoding = model.begin();
            var z = decoding.next(Tensor.of(context, 1, context.length));
            for (int i = 0; i < count; i++) {
                if (i > 0) z = decoding.next(Tensor.of(new int[] {answer[i - 1]}, 1, 1));
                answer[i] = (int) z.argmax(-1).item();
            }
            return answer;
        };
    }

    /** One context of exactly that length. @throws IllegalArgumentException if needles and question are longer */
    public Built build(int length, List<Needle> needles, Rng rng) {
        if (needles.isEmpty()) throw new IllegalArgumentException("NeedleInHaystack: no needle");
        var asked = needles.getLast();
        int straw = length - asked.question.length;
        for (var needle : needles) {
            check(needle.depth);
            straw -= needle.statement.length;
        }
        if (straw < 0) throw new IllegalArgumentException(
                "NeedleInHaystack: needles and question have " + (length - straw) + " tokens; the context has " + length);
        var order = IntStream.range(0, needles.size()).boxed().sorted(Comparator.comparingDouble(i -> needles.get(i).depth)).toList();
        var context = new int[length];
        var starts = new int[needles.size()];
        int at = 0, from = rng.nextInt(corpus.length), used = 0;
        for (int number : order) {
            var needle = needles.get(number);
            for (long before = Math.round(needle.depth * straw); used < before; used++)
                context[at++] = corpus[(from + used) % corpus.length];
            starts[number] = at;
            System.arraycopy(needle.statement, 0, context, at, needle.statement.length);
            at += needle.statement.length;
        }
        for (; used < straw; used++) context[at++] = corpus[(from + used) % corpus.length];
        System.arraycopy(asked.question, 0, context, at, asked.question.length);
        return new Built(context, starts, asked.answer);
    }

    /** Every cell, each trial with needles and hay of its own. */
    public Grid run(Reader reader, Needles needles, Rng rng, Progress progress) {
        var scores = new double[lengths.length][depths.length];
        for (int l = 0; l < lengths.length; l++) for (int d = 0; d < depths.length; d++) {
            for (int t = 0; t < trials; t++) {
                var draw = rng.split(((long) l * depths.length + d) * trials + t);
                var built = build(lengths[l], needles.draw(depths[d], draw), draw);
                scores[l][d] += score(built.answer, reader.answer(built.context, built.answer.length)) / trials;
            }
            progress.step("needle", l * depths.length + d + 1, (long) lengths.length * depths.length, "score", scores[l][d]);
        }
        return new Grid(lengths.clone(), depths.clone(), scores, trials);
    }

    double score(int[] expected, int[] given) {
        if (!fuzzy) return Arrays.equals(expected, given) ? 1 : 0;
        int longer = Math.max(expected.length, given.length);
        return longer == 0 ? 1 : 1 - (double) EditDistance.levenshtein(boxed(expected), boxed(given)) / longer;
    }

    private static List<Integer> boxed(int[] ids) { return Arrays.stream(ids).boxed().toList(); }
}
