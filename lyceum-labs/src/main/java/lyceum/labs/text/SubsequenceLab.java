package lyceum.labs.text;

import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.text.compare.CommonSubsequence;
import lyceum.text.compare.Diff;

/** The table behind a diff, the way back through it, and the diff of two verses. */
@Lab(topics = "lcs", title = "What two texts share, in order")
final class SubsequenceLab implements LabBody {
    private static final String[][] PAIRS = {{"ABCBDAB", "BDCABA"}, {"GACGGATTAG", "GATCGGAATAG"}, {"INTENTION", "EXECUTION"}};
    private static final String[] VERSES = {"Blessed are the poor in spirit : for theirs is the kingdom of heaven .",
            "Blessed be ye poor : for yours is the kingdom of God ."};

    @Override public void run(LabContext lab) {
        int which = List.of("letters", "genes", "words").indexOf(lab.choice("texts", "letters", "letters", "genes", "words"));
        int length = lab.param("length", 1500, 100, 4000);
        String a = PAIRS[which][0], b = PAIRS[which][1];
        var common = CommonSubsequence.of(a, b, CommonSubsequence.Method.TABLE);
        double[] x = new double[common.length()], y = x.clone();
        for (int k = 0; k < x.length; k++) {
            x[k] = common.inB()[k] + 1;
            y[k] = common.inA()[k] + 1;
        }
        var table = new double[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++)
            for (int j = 0; j <= b.length(); j++) table[i][j] = CommonSubsequence.length(a.substring(0, i), b.substring(0, j));
        lab.figure(Figure.heatmap("Length shared by the first letters of " + a + " and " + b, table, beginnings(a), beginnings(b))
                .cellLabels().points("kept", x, y).crosses().axes("letters of " + b, "letters of " + a).describedAs(
                        "The number in a cell is the longest common subsequence of both beginnings; marked cells are the letters kept."));
        lab.table("All longest common subsequences", List.of("subsequence"),
                CommonSubsequence.all(a, b, 50).stream().map(List::of).toList());
        lab.shows("length found by bits less that of the table", CommonSubsequence.length(a, b) - common.length(), exactly(0));

        var verses = Arrays.stream(VERSES).map(v -> List.of(v.split(" "))).toList();
        var diff = Diff.of(verses.get(0), verses.get(1));
        var rows = new ArrayList<List<String>>();
        for (var step : diff.steps()) rows.add(List.of(step.kind().name().toLowerCase(Locale.ROOT), String.join(" ", step.items())));
        lab.table("Matthew 5:3 to Luke 6:20, word by word", List.of("step", "words"), rows);
        lab.shows("words left over when the script is applied", diff.apply(verses.get(0)).equals(verses.get(1)) ? 0 : verses.get(1).size(),
                exactly(0));

        var rng = lab.rng(0);
        List<Integer> p = new ArrayList<>(), q = new ArrayList<>();
        for (int i = 0; i < length; i++) {
            p.add(rng.nextInt(4));
            q.add(rng.nextInt(4));
        }
        var linear = CommonSubsequence.of(p, q);
        lab.say("Two random texts of %d letters over four share %d in order, %.0f%% of them: a common subsequence alone proves little.",
                length, linear.length(), 100.0 * linear.length() / length);
        lab.shows("Hirschberg's live cells over 2 (m + n)", linear.cells() / (4.0 * length), atMost(1));
    }

    private static String[] beginnings(String text) {
        var names = new String[text.length() + 1];
        names[0] = "none";
        for (int i = 1; i < names.length; i++) names[i] = i + " " + text.charAt(i - 1);
        return names;
    }
}
