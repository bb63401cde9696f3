package lyceum.labs.llm;

import static lyceum.labs.Bounds.exactly;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import lyceum.data.corpus.Corpora;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.llm.eval.NeedleInHaystack;
import lyceum.llm.eval.NeedleInHaystack.Needle;
import lyceum.llm.eval.NeedleInHaystack.Reader;
import lyceum.plot.Figure;
import lyceum.progress.Progress;

/** The famous map of lengths and depths, for two readers whose sight is known: what a straight edge in it means. */
@Lab(topics = "needle-in-a-haystack", title = "A map with a straight edge")
final class NeedleInHaystackLab implements LabBody {
    private static final int[] STATEMENT = letters(" The secret number of the lighthouse is "), QUESTION = letters(" What is the number? ");

    private static int[] letters(String text) { return text.chars().toArray(); }

    /** Looks for the sentence in the last letters that it sees. */
    private static Reader seeing(int window) {
        return (context, count) -> {
            for (int i = Math.max(0, context.length - window); i + STATEMENT.length + count <= context.length; i++)
                if (Arrays.equals(context, i, i + STATEMENT.length, STATEMENT, 0, STATEMENT.length))
                    return Arrays.copyOfRange(context, i + STATEMENT.length, i + STATEMENT.length + count);
            return new int[count];
        };
    }

    @Override public void run(LabContext lab) {
        int window = lab.param("window, letters", 2000, 100, 16_000), trials = lab.param("trials a cell", 3, 1, 20),
                digits = lab.param("digits", 4, 1, 8);
        int[] lengths = {500, 1000, 2000, 3000, 4000, 6000, 8000};
        var depths = new double[11];
        for (int i = 0; i < depths.length; i++) depths[i] = i / 10.0;
        var test = new NeedleInHaystack(LetterDecoder.letters(Corpora.kingJames(), 60_000), lengths, depths).withTrials(trials);
        NeedleInHaystack.Needles needles = (depth, rng) -> {
            var number = new int[digits];
            Arrays.setAll(number, i -> '0' + rng.nextInt(10));
            var statement = Arrays.copyOf(STATEMENT, STATEMENT.length + digits);
            System.arraycopy(number, 0, statement, STATEMENT.length, digits);
            return List.of(new Needle(depth, statement, QUESTION, number));
        };
        var full = test.run(seeing(Integer.MAX_VALUE), needles, lab.rng(1), Progress.SILENT);
        var windowed = test.run(seeing(window), needles, lab.rng(1), Progress.SILENT);
        String[] rows = Arrays.stream(lengths).mapToObj(String::valueOf).toArray(String[]::new);
        String[] columns = Arrays.stream(depths).mapToObj(d -> String.format(Locale.ROOT, "%.1f", d)).toArray(String[]::new);
        lab.figure(Figure.heatmap("A reader of everything", full.scores(), rows, columns).axes("depth of the needle", "length, letters")
                .describedAs("Right in every cell."));
        lab.figure(Figure.heatmap("A reader of the last " + window + " letters", windowed.scores(), rows, columns)
                .axes("depth of the needle", "length, letters").describedAs(
                        "Right as long as the needle lies within the window: behind a straight edge, an ever thinner band at the end of long texts."));
        int off = 0;
        for (int l = 0; l < lengths.length; l++) for (int d = 0; d < depths.length; d++) {
            long behind = lengths[l] - Math.round(depths[d] * (lengths[l] - STATEMENT.length - digits - QUESTION.length));
            if (windowed.scores()[l][d] != (behind <= window ? 1 : 0)) off++;
        }
        lab.say("The window explains the whole map: a needle at depth d of a length L is found where (1 - d) L fits into it.");
        lab.shows("cells where the window predicts another score", off, exactly(0));
        lab.shows("least score of the reader of everything", full.least(), exactly(1));
    }
}
